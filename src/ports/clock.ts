/** Time, so that tests need not wait. */
export interface Clock {
  now(): Date;
  /** Resolves after `seconds`, or rejects with the signal's reason. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
}
