import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { LAUNCHER, type Person } from './program.ts';

/** A person's shell in a terminal of its own, whose screen can be read; its server is of this test alone. */
export class Tmux {
  readonly #person: Person;
  readonly #socket = `ilab-${randomUUID().slice(0, 8)}`;

  private constructor(person: Person) {
    this.#person = person;
  }

  static async open(person: Person, { columns = 80, rows = 24 } = {}): Promise<Tmux> {
    const tmux = new Tmux(person);
    const size = ['-x', String(columns), '-y', String(rows)];
    await tmux.#ask('new-session', '-d', ...size, "PS1='$ ' PAGER=cat exec bash --norc --noprofile");
    await tmux.untilScreen(/^\$/m);
    return tmux;
  }

  /** Undefined where it is not installed. */
  static async version(): Promise<string | undefined> {
    const { stdout, exitCode } = await execa('tmux', ['-V'], { reject: false });
    return exitCode === 0 ? stdout : undefined;
  }

  /** Types a command of ours and Enter. */
  async type(words: readonly string[], after = ''): Promise<void> {
    await this.line([LAUNCHER, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ') + after);
  }

  /** Types a line of shell and Enter. */
  async line(text: string): Promise<void> {
    await this.#ask('send-keys', '-l', text);
    await this.press('Enter');
  }

  /** Keys by tmux's names: `c`, `Down`, `C-c`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#ask('send-keys', ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#ask('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What stands on the screen now. */
  async screen(): Promise<string> {
    return this.#ask('capture-pane', '-p');
  }

  /** The screen once it shows `wanted`; after a minute it fails with what stands there. */
  async untilScreen(wanted: RegExp): Promise<string> {
    const end = Date.now() + 60_000;
    for (;;) {
      const screen = await this.screen();
      if (wanted.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`never ${wanted} on the screen:\n${screen}`);
    }
  }

  /** The mode that the terminal is in, once the shell has it. */
  async mode(): Promise<string> {
    const name = `mode-${randomUUID()}`;
    const done = `done-${name}`;
    await this.line(`stty -g >${name}; echo ${done.slice(0, 6)}''${done.slice(6)}`);
    await this.untilScreen(new RegExp(`^${done}`, 'm'));
    return readFileSync(join(this.#person.project, name), 'utf8');
  }

  async close(): Promise<void> {
    await this.#ask('kill-server').catch(() => undefined);
  }

  async #ask(...words: readonly string[]): Promise<string> {
    const { stdout } = await execa('tmux', ['-L', this.#socket, '-f', '/dev/null', ...words], {
      cwd: this.#person.project,
      // Its socket goes with the folder.
      env: { ...this.#person.env, TMUX_TMPDIR: this.#person.folder },
      extendEnv: false,
    });
    return stdout;
  }
}
