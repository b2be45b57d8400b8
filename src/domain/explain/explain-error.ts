import type { FailureClass, FailureReason, Outcome } from '../attempt/outcome.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { outcomePhase, PHASE_EXIT_CODE } from '../run/run-phase.ts';
import { type CodeText, ERROR_TEXTS } from './error-texts.ts';
import { FAILURE_TEXTS } from './failure-texts.ts';

/** An error of the program, or a reason why an attempt failed, in full. */
export interface ErrorExplanation extends CodeText {
  /** `not-found`; of an attempt `outcome-exit`. */
  readonly code: string;
  readonly exitCode: number;
  /** Of an attempt only. */
  readonly classes?: readonly FailureClass[];
  /** The page that says the same, in the folder of the program. */
  readonly docs: string;
}

const OUTCOME = 'outcome-';

/** What a code means that a message has, such as `not-found`, `outcome-exit`; undefined for another word. */
export function explainError(code: string): ErrorExplanation | undefined {
  const docs = `docs/errors.md#${code}`;
  if (Object.hasOwn(ERROR_TEXTS, code)) {
    return { code, exitCode: ERRORS[code as ErrorCode].exitCode, ...ERROR_TEXTS[code as ErrorCode], docs };
  }
  const reason = code.startsWith(OUTCOME) ? code.slice(OUTCOME.length) : '';
  if (!Object.hasOwn(FAILURE_TEXTS, reason)) return undefined;
  return { code, exitCode: exitCodeOf(reason as FailureReason), ...FAILURE_TEXTS[reason as FailureReason], docs };
}

/** The exit code of a run whose stage failed so and is not tried again. */
export function exitCodeOf(reason: FailureReason): number {
  const outcome: Outcome = { kind: 'failed', class: 'user', reason, message: '' };
  return PHASE_EXIT_CODE[outcomePhase(outcome) as 'Failed' | 'CannotStart'];
}
