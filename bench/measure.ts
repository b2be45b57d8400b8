import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Row } from './report.ts';

/** A command to time. */
export interface Candidate {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Instead of this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** No command of a race runs longer; one that does is an error, not a figure. */
const LIMIT_MS = 60_000;

/**
 * Times commands against each other, in milliseconds of wall time: one round runs each once, so that what else the
 * machine does hits all alike. Throws when a command fails: a fast error is no result.
 */
export function race(candidates: readonly Candidate[], rounds: number): readonly Row[] {
  const times = candidates.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    candidates.forEach((candidate, index) => {
      const { milliseconds } = time(candidate);
      if (round >= 0) times[index]?.push(milliseconds); // the first round warms the caches
    });
  }
  return candidates.map(({ name }, index) => ({ name, ...summary(times[index] ?? []) }));
}

/** Runs a command once. `stdout` is undefined unless asked for: then the reading counts too. */
export function time(
  candidate: Candidate,
  stdout: 'ignore' | 'pipe' = 'ignore',
): { readonly milliseconds: number; readonly stdout: string } {
  const { name, program, args, cwd, env } = candidate;
  const started = process.hrtime.bigint();
  const ended = spawnSync(program, args, {
    cwd,
    ...(env === undefined ? {} : { env }),
    stdio: ['ignore', stdout, 'pipe'],
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 256 * 1024 * 1024,
  });
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  if (ended.signal !== null) throw new Error(`${name} did not end within ${LIMIT_MS / 1000} s`);
  if (ended.status !== 0) throw new Error(`${name} ended with ${ended.status}: ${ended.stderr}`);
  return { milliseconds, stdout: ended.stdout ?? '' };
}

/** Median and smallest of some measurements. */
export function summary(values: readonly number[]): Pick<Row, 'median' | 'least'> {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, least: sorted[0] ?? 0 };
}

/** Those whose program is on the PATH, and a sentence for each that is not. */
export function installed(others: readonly Candidate[]): {
  readonly present: readonly Candidate[];
  readonly notes: readonly string[];
} {
  const absent = others.filter(({ program }) => !isInstalled(program));
  return {
    present: others.filter(({ program }) => isInstalled(program)),
    notes: absent.map(({ name, program }) => `not compared with \`${name}\`: ${program} is not installed`),
  };
}

export function isInstalled(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
