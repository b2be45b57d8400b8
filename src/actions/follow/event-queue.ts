import type { RunEvent } from '../../domain/event.ts';

/** Events handed from the tasks of a run to whoever reads them; unbounded, because a slow reader must not slow a run. */
export class EventQueue {
  readonly #waiting: RunEvent[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  push(...events: readonly RunEvent[]): void {
    this.#waiting.push(...events);
    this.#wake?.();
  }

  /** No event follows; readers end when they have read what waits. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<RunEvent, void> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        yield next;
      } else if (this.#closed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }
}
