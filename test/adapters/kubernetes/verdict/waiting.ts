import { expect } from 'vitest';
import type { AttemptView } from '../../../../src/adapters/kubernetes/verdict/view.ts';
import { judge } from './objects.ts';

/** What is said of a view at first, and after its grace. */
export interface Row {
  readonly what: string;
  readonly view: Partial<AttemptView>;
  readonly code: string;
  readonly reason: string | RegExp;
  readonly fix?: RegExp;
  /** Seconds after which it is given up, and the class; absent = it waits for its deadline. */
  readonly doomed?: readonly [seconds: number, failureClass: 'config' | 'infra' | 'user'];
}

const matching = (text: string | RegExp): unknown => (typeof text === 'string' ? text : expect.stringMatching(text));

/** Judges a view at first, just before its grace is over, and after it. */
export function check({ view, code, reason, fix, doomed }: Row): void {
  const first = judge(view);
  if (doomed?.[0] !== 0) {
    expect(first).toMatchObject({
      kind: 'waiting',
      code,
      reason: matching(reason),
      ...(fix === undefined ? {} : { fix: matching(fix) }),
    });
  }
  if (doomed === undefined) {
    // The attempt's own deadlines are for the tests below.
    expect(judge({ ...view, deadlines: { queue: 1e6, start: 1e6 } }, 90_000)).toMatchObject({ kind: 'waiting', code });
    return;
  }
  const [seconds, failureClass] = doomed;
  if (seconds > 0) expect(judge(view, seconds - 1)).toMatchObject({ kind: 'waiting' });
  const last = seconds === 0 ? first : judge(view, seconds);
  expect(last).toMatchObject({
    kind: 'doomed',
    code,
    outcome: {
      kind: 'failed',
      class: failureClass,
      message: matching(reason instanceof RegExp ? reason : new RegExp(literally(reason))),
    },
  });
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
