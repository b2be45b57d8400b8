import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

export interface Finished {
  /** `null`: a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const child = spawn(program, args, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // it need not read
  child.stdin.end(options.input ?? '');
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code: child.exitCode, stdout, stderr };
}

/** The same where anything but success is a failure of the test; gives what it wrote. */
export async function runWell(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

const LOOK_EVERY_MS = 250;

/**
 * Asks until the answer is not `undefined`; fails after `seconds` with what was waited for. On two busy cores, where four
 * files of tests share a cluster, a pod may need more than a minute to start.
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 180): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`Not seen within ${seconds} s: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
