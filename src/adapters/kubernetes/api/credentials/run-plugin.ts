import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, isAbsolute } from 'node:path';
import type { HostEnv } from '../host-env.ts';
import { CredentialFault } from './credential-fault.ts';

export interface RunOptions {
  readonly env: HostEnv;
  /** Milliseconds. */
  readonly limit: number;
  readonly installHint?: string;
  readonly onNotice: (message: string) => void;
}

const MOST_OUTPUT = 1024 * 1024;
const MOST_WORDS = 4096;
/** A plugin that takes longer waits for something, perhaps for the person: then what it says is shown at once. */
const PATIENT_MS = 1000;

/**
 * Runs a credential plugin and returns what it printed. It has no terminal and no input, and ends with everything it
 * started when its time is over. Throws `CredentialFault` with what it said.
 */
export async function runPlugin(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const child = spawn(command, args, {
    env: { ...options.env, PATH: absoluteOnly(options.env['PATH']) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = collect(child.stdout, MOST_OUTPUT);
  const words = new Words(child, command, options.onNotice);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child);
  }, options.limit);
  try {
    const code = await ended(child);
    if (code === 0) return output();
    throw new CredentialFault(`the credential plugin ${command} ended with ${code}${words.all()}`);
  } catch (error) {
    if (late)
      throw new CredentialFault(
        `the credential plugin ${command} did not end within ${options.limit / 1000} s${words.all()}`,
      );
    if (error instanceof CredentialFault) throw error;
    throw new CredentialFault(notStarted(command, error as NodeJS.ErrnoException, options.installHint), {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    words.close();
  }
}

/** The current folder is no place to take programs from, whatever PATH says. */
function absoluteOnly(path: string | undefined): string {
  return (path ?? '').split(delimiter).filter(isAbsolute).join(delimiter);
}

function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'an unknown signal'));
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in this very moment.
  }
}

function notStarted(command: string, error: NodeJS.ErrnoException, installHint: string | undefined): string {
  const why = error.code === 'ENOENT' ? 'is not installed here' : `cannot be started (${error.code ?? error.message})`;
  return `the credential plugin ${command} ${why}${installHint === undefined ? '' : `\n${installHint.trim()}`}`;
}

function collect(stream: NodeJS.ReadableStream, most: number): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= most) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** What a plugin says on stderr: kept for the fault, shown as it comes when the plugin takes its time. */
class Words {
  readonly #command: string;
  readonly #onNotice: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  #kept = '';
  #unshown = '';
  #live = false;

  constructor(child: ChildProcess, command: string, onNotice: (message: string) => void) {
    this.#command = command;
    this.#onNotice = onNotice;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#timer = setTimeout(() => {
      this.#live = true;
      this.#show();
    }, PATIENT_MS);
  }

  all(): string {
    const text = readable(this.#kept).trim();
    return text === '' ? '' : `: ${text}`;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #take(text: string): void {
    this.#kept = (this.#kept + text).slice(-MOST_WORDS);
    this.#unshown = (this.#unshown + text).slice(-MOST_WORDS);
    if (this.#live) this.#show();
  }

  #show(): void {
    const lines = this.#unshown.split('\n');
    this.#unshown = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#onNotice(`${this.#command}: ${readable(line)}`);
  }
}

/** Colours and whatever else a foreign program does to a terminal is left out. */
function readable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return text.replace(/\x1b\[[0-9;?]*[a-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]/gi, '');
}
