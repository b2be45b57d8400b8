import type { FailureReason, Outcome } from '../attempt/outcome.ts';
import type { AttemptRecord } from './run-record.ts';

/** Whether another attempt follows a failed one. */
export type RetryVerdict =
  | { readonly kind: 'retry'; readonly delaySeconds: number; readonly reason: string }
  | { readonly kind: 'stop' };

/**
 * Judges by the budgets of the stage, counted within one epoch of the run: `resume` starts them afresh. Bad input
 * (exit 64), a wrong configuration and a changed digest fail the same way again, so no budget covers them; a lost
 * attempt may have had its effect, so only a person may repeat it.
 */
export function judgeRetry(
  attempts: readonly AttemptRecord[],
  epoch: number,
  budget: { readonly infra: number; readonly user: number },
): RetryVerdict {
  const inEpoch = attempts.filter((attempt) => attempt.epoch === epoch);
  const last = inEpoch.at(-1)?.outcome;
  if (last?.kind !== 'failed' || !isRetryable(last)) return { kind: 'stop' };
  const failures = inEpoch.filter(
    (attempt) => attempt.outcome?.kind === 'failed' && attempt.outcome.class === last.class,
  );
  const allowed = last.class === 'infra' ? budget.infra : budget.user;
  if (failures.length > allowed) return { kind: 'stop' };
  return { kind: 'retry', delaySeconds: Math.min(60, 2 * 4 ** (failures.length - 1)), reason: last.message };
}

/** Of class `user`: what may go well at another try. */
const RETRYABLE: readonly FailureReason[] = ['exit', 'signal', 'stopped-on-warning'];

function isRetryable(outcome: Extract<Outcome, { kind: 'failed' }>): boolean {
  switch (outcome.class) {
    case 'config':
      return false;
    case 'infra':
      return true;
    case 'user':
      return RETRYABLE.includes(outcome.reason);
  }
}
