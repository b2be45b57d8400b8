/** Tells whoever waits that something may be different now. */
export class Changes {
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<() => void>();

  tell(): void {
    for (const done of [...this.#waiting]) done();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves at the next `tell`, or after `ms`, or when `signal` fires. */
  next(signal: AbortSignal, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  /** Calls `listener` at each `tell` until the returned function is called. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
