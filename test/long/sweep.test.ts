import { expect, test } from 'vitest';
import { whyNoStrace } from '../sweep/strace.ts';
import { summarize, sweep, violationsOf } from '../sweep/sweep.ts';

/*
 * Every call of program and supervisors that changes the state folder goes wrong once, each in a run of its own:
 * killed there, or the disk refuses there. docs/reliability.md has the figures.
 */
const HOURS = 60 * 60_000;

test('a run survives a fault at any system call', { timeout: 4 * HOURS }, async ({ skip }) => {
  const reason = whyNoStrace();
  if (reason !== undefined) skip(reason);
  const result = await sweep({ choose: (faults) => faults, say: (line) => console.log(line) });
  console.log(summarize(result));
  expect(violationsOf(result)).toEqual([]);
  expect(result.rounds.filter(({ struck }) => struck === 'hit').length / result.rounds.length).toBeGreaterThan(0.95);
});
