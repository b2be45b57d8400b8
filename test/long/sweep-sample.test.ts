import { expect, test } from 'vitest';
import { whyNoStrace } from '../sweep/strace.ts';
import { evenSample, summarize, sweep, violationsOf } from '../sweep/sweep.ts';

const SAMPLE = 40;

test(`a run survives ${SAMPLE} faults spread over its system calls`, async ({ skip }) => {
  const reason = whyNoStrace();
  if (reason !== undefined) skip(reason);
  const result = await sweep({ choose: (faults) => evenSample(faults, SAMPLE) });
  console.log(summarize(result));
  expect(violationsOf(result)).toEqual([]);
  expect(result.rounds).toHaveLength(SAMPLE);
  expect(result.rounds.filter(({ struck }) => struck === 'hit').length).toBeGreaterThan(SAMPLE * 0.9);
});
