import { expect } from 'vitest';
import type { AttemptView } from '../../../../src/adapters/kubernetes/verdict/view.ts';

/** One case of a table: what is seen, and what it is judged as. */
export interface Row {
  readonly what: string;
  readonly view: Partial<AttemptView>;
  readonly code: string;
  readonly outcome: object;
}

/** A failed outcome as far as a table says it. */
export const failed = (failureClass: string, reason: string, message: string | RegExp, more: object = {}): object => ({
  kind: 'failed',
  class: failureClass,
  reason,
  message: typeof message === 'string' ? message : expect.stringMatching(message),
  ...more,
});
