/**
 * The container of this program that stores what a stage makes (templates/_shared/store.yaml): it has no part in what the
 * stage makes, and its termination message says what was stored.
 */
export const STORE_SIDECAR = 'store';

/** What it said at its end. */
export interface StoreReport {
  /** One sentence; what to type next is in it. */
  readonly message: string;
  /** False: something is not stored. */
  readonly isComplete: boolean;
}

/** Its termination message, on one line, and its exit code. */
export function storeReport(message: string, exitCode: number): StoreReport | undefined {
  const [line = ''] = message.trim().split('\n');
  return line === '' ? undefined : { message: line, isComplete: exitCode === 0 };
}
