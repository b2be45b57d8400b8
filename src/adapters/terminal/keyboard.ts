import { spawnSync } from 'node:child_process';
import type { ReadStream } from 'node:tty';
import { isForeground } from './foreground.ts';
import { page } from './page.ts';

/** What the terminal is read through. */
export interface KeyboardOptions {
  readonly process: NodeJS.Process;
  /** True while another program (a pager) has the terminal: its Ctrl-C is not ours. */
  readonly onLent: (lent: boolean) => void;
}

/** Who is told of the keys. */
export interface KeyReader {
  keys(text: string): void;
  /** The terminal goes to somebody else: nothing is drawn from now on. Returns when the frame is gone from it. */
  leave(): void;
  /** It is ours again. */
  comeBack(): void;
}

/** No tool of a terminal takes long, and none may be waited for forever. */
const STTY_MS = 1000;
/** Between stopping oneself and going on: the stop itself may take a moment. */
const STOPPED_MS = 50;

/**
 * The keys of a person, one by one and unechoed, without taking Ctrl-C, Ctrl-Z and Ctrl-\ from the kernel: they stay the
 * signals they are, for all of the group. Node's raw mode would make them keys, so the mode is set by `stty`. Node itself
 * restores the mode that it found when the process ends, however it ends but by kill -9.
 */
export class Keyboard {
  readonly #options: KeyboardOptions;
  readonly #pid: number;
  #reader: KeyReader | undefined;
  /** The mode to go back to; undefined while it is the shell's own. */
  #found: string | undefined;
  #input: ReadStream | undefined;
  #lent = false;

  constructor(options: KeyboardOptions) {
    this.#options = options;
    this.#pid = options.process.pid;
  }

  /** False while the terminal is another group's. */
  isForeground(): boolean {
    return isForeground(this.#pid);
  }

  /** Reads keys from now on, where stdin is a terminal of ours. Returns whether there are any to read. */
  open(reader: KeyReader): boolean {
    const { process: ours } = this.#options;
    this.#reader = reader;
    ours.on('SIGTSTP', this.#stop).on('SIGCONT', this.#goOn).on('SIGQUIT', this.#quit);
    return this.#listen();
  }

  /** The terminal is as it was found. */
  close(): void {
    const { process: ours } = this.#options;
    ours.off('SIGTSTP', this.#stop).off('SIGCONT', this.#goOn).off('SIGQUIT', this.#quit);
    this.#fallSilent();
    this.#reader = undefined;
  }

  /** Reads keys again after the terminal came back without a word, as when a shell's `fg` finds the program running. */
  again(): boolean {
    return this.#found !== undefined || this.#listen();
  }

  /** Shows lines in the person's pager until they leave it; false where there is none. */
  async page(lines: AsyncIterable<readonly string[]>, signal: AbortSignal): Promise<boolean> {
    const { process: ours, onLent } = this.#options;
    this.#fallSilent();
    this.#lent = true;
    onLent(true);
    try {
      return await page(lines, { env: ours.env, terminal: ours.stderr.fd, signal });
    } finally {
      this.#lent = false;
      onLent(false);
      this.#listen();
    }
  }

  #listen(): boolean {
    const { stdin } = this.#options.process;
    if (this.#reader === undefined || this.#lent || !stdin.isTTY || !this.isForeground()) return false;
    const found = stty('-g');
    if (found === undefined || stty('-icanon', '-echo', 'min', '1', 'time', '0') === undefined) return false;
    this.#found = found.trim();
    this.#input = stdin;
    stdin.on('data', this.#told).on('error', this.#gone).resume();
    stdin.unref();
    return true;
  }

  #fallSilent(): void {
    const found = this.#found;
    this.#found = undefined;
    this.#input?.off('data', this.#told).off('error', this.#gone).pause();
    this.#input = undefined;
    if (found !== undefined && this.isForeground()) stty(found);
  }

  readonly #told = (chunk: Buffer | string): void => this.#reader?.keys(chunk.toString());

  readonly #gone = (): void => this.#fallSilent();

  /** Ctrl-Z: the shell gets its terminal as it lent it, then this program stops as if it had not been asked. */
  readonly #stop = (): void => {
    // With a pager in front, both stop and both go on: the mode is the pager's.
    if (!this.#lent) this.#reader?.leave();
    this.#raise('SIGTSTP', this.#stop);
    setTimeout(this.#goOn, STOPPED_MS).unref();
  };

  /** Ctrl-\ ends the program at once; the terminal is not left without its echo. */
  readonly #quit = (): void => {
    if (this.#lent) return;
    this.#reader?.leave();
    this.#raise('SIGQUIT', this.#quit);
  };

  #raise(signal: 'SIGTSTP' | 'SIGQUIT', handler: () => void): void {
    const { process: ours } = this.#options;
    this.#fallSilent();
    ours.off(signal, handler);
    ours.kill(this.#pid, signal);
  }

  readonly #goOn = (): void => {
    const { process: ours } = this.#options;
    if (this.#reader === undefined) return;
    if (!ours.listeners('SIGTSTP').includes(this.#stop)) ours.on('SIGTSTP', this.#stop);
    if (this.#lent) return;
    // A shell may have changed the mode meanwhile, also of a program that was stopped without a word.
    if (this.#found !== undefined) this.#fallSilent();
    this.#listen();
    this.#reader.comeBack();
  };
}

function stty(...words: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('stty', words, {
    stdio: ['inherit', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: STTY_MS,
    killSignal: 'SIGKILL',
  });
  return status === 0 ? stdout : undefined;
}
