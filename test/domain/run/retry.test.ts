import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/domain/attempt/outcome.ts';
import { judgeRetry } from '../../../src/domain/run/retry.ts';
import { attemptOf } from '../../fakes/records.ts';

type Failed = Extract<Outcome, { kind: 'failed' }>;
const failure = (change: Partial<Failed>): Outcome => ({
  kind: 'failed',
  class: 'user',
  reason: 'exit',
  message: 'exit code 1',
  ...change,
});
const tryAgain = failure({ class: 'infra', reason: 'try-again', message: 'the teacher does not answer' });
const budget = { infra: 2, user: 1 };

function judge(outcomes: readonly Outcome[], epochs: readonly number[] = [], epoch = 1) {
  const attempts = outcomes.map((outcome, index) =>
    attemptOf({ attempt: index + 1, epoch: epochs[index] ?? 1, state: 'logs-complete', outcome }),
  );
  return judgeRetry(attempts, epoch, budget);
}

describe('whether another attempt follows', () => {
  test.each([
    ['a first crash, within the budget', [failure({})], 2],
    ['a second crash, over the budget', [failure({}), failure({})], undefined],
    ['try again later, once', [tryAgain], 2],
    ['try again later, twice: the delay grows', [tryAgain, tryAgain], 8],
    ['try again later, three times: over the budget', [tryAgain, tryAgain, tryAgain], undefined],
    ['a crash after infra failures has a budget of its own', [tryAgain, tryAgain, failure({})], 2],
    ['bad input is never tried again', [failure({ reason: 'bad-input' })], undefined],
    ['nor is a wrong configuration', [failure({ class: 'config', reason: 'cannot-start' })], undefined],
    ['nor a missing result', [failure({ reason: 'no-result' })], undefined],
    ['nor a deadline', [failure({ reason: 'deadline' })], undefined],
    ['nor what ran out of memory', [failure({ reason: 'over-limit' })], undefined],
    ['what was taken away, within the budget', [failure({ class: 'infra', reason: 'disrupted' })], 2],
    ['nor what was lost: it may have had its effect', [{ kind: 'lost', message: 'gone' } as Outcome], undefined],
    ['nor what was cancelled', [{ kind: 'cancelled', message: 'ended' } as Outcome], undefined],
  ])('%s', (_what, outcomes, delay) => {
    const verdict = judge(outcomes);
    if (delay === undefined) expect(verdict).toEqual({ kind: 'stop' });
    else expect(verdict).toMatchObject({ kind: 'retry', delaySeconds: delay });
  });

  test('resume starts the budgets afresh', () => {
    expect(judge([failure({}), failure({}), failure({})], [1, 1, 2], 2)).toMatchObject({
      kind: 'retry',
      delaySeconds: 2,
    });
  });

  test('the delay stays within a minute', () => {
    const attempts = Array.from({ length: 9 }, (_, index) =>
      attemptOf({ attempt: index + 1, state: 'logs-complete', outcome: tryAgain }),
    );
    expect(judgeRetry(attempts, 1, { infra: 99, user: 0 })).toMatchObject({ delaySeconds: 60 });
  });
});
