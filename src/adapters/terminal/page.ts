import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { firstOf } from '../../domain/first-of.ts';

/** Where a pager is shown, and until when at most. */
export interface PageOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The file descriptor of a terminal. */
  readonly terminal: number;
  readonly signal: AbortSignal;
}

/** A shell that does not find the command. */
const NOT_FOUND = 127;

/** Shows lines in `$PAGER` (default: less, more) until the person leaves it; false where there is none. */
export async function page(
  lines: AsyncIterable<readonly string[]>,
  { env, terminal, signal }: PageOptions,
): Promise<boolean> {
  const command =
    (env['PAGER'] ?? '') === ''
      ? 'if command -v less >/dev/null; then exec less; else exec more; fi'
      : `exec ${env['PAGER']}`;
  // Colours are drawn, other sequences never reach it.
  const pager = spawn('/bin/sh', ['-c', command], {
    stdio: ['pipe', terminal, terminal],
    env: { ...env, LESS: env['LESS'] ?? 'R' },
    signal,
    killSignal: 'SIGTERM',
  });
  const ended = new Promise<number | null>((resolve) => {
    pager.once('error', () => resolve(NOT_FOUND)).once('close', resolve);
  });
  const { stdin } = pager;
  if (stdin !== null) {
    stdin.on('error', () => undefined);
    await Promise.race([feed(stdin, lines), ended]);
  }
  return (await ended) !== NOT_FOUND;
}

/** Whoever leaves the pager has read enough. */
async function feed(into: Writable, lines: AsyncIterable<readonly string[]>): Promise<void> {
  const closed = once(into, 'close').catch(() => undefined);
  try {
    for await (const some of lines) {
      if (!into.writable) return;
      if (!into.write(some.map((line) => `${line}\n`).join(''))) await firstOf([once(into, 'drain'), closed]);
    }
  } catch {
    // What could not be read is missing at its end.
  }
  into.end();
}
