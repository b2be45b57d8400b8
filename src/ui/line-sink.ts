import type { Writable } from 'node:stream';

interface Waiting {
  readonly text: string;
  readonly replaces: string | undefined;
}

/**
 * Writes text to a stream that may be slow or gone. While the stream is full, text waits here, and of the texts with the
 * same `replaces` key only the newest: a reader that sleeps a night finds every state and not every progress figure.
 * Once the reader is gone (`| head`, a closed terminal) text is dropped.
 */
export class LineSink {
  readonly #stream: Writable;
  readonly #waiting: Waiting[] = [];
  #open: boolean;
  #full = false;
  #unwritten = 0;
  #onIdle: (() => void) | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#open = stream.writable;
    stream.on('error', this.#gone).on('close', this.#gone).on('drain', this.#drain);
  }

  write(text: string, replaces?: string): void {
    if (!this.#open) return;
    if (!this.#full) {
      this.#send(text);
      return;
    }
    const older = replaces === undefined ? -1 : this.#waiting.findIndex((waiting) => waiting.replaces === replaces);
    if (older >= 0) this.#waiting.splice(older, 1);
    this.#waiting.push({ text, replaces });
  }

  /** Resolves when everything is written or the reader is gone. The stream stays open. */
  async flushed(): Promise<void> {
    if (this.#open && (this.#unwritten > 0 || this.#waiting.length > 0)) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  /** As `flushed`, then lets go of the stream. */
  async close(): Promise<void> {
    await this.flushed();
    this.#open = false;
    this.#stream.off('close', this.#gone).off('drain', this.#drain);
    // The error of a write can arrive after its callback; without a listener it would end the process.
    setImmediate(() => this.#stream.off('error', this.#gone));
  }

  #send(text: string): void {
    this.#unwritten += 1;
    this.#full = !this.#stream.write(text, () => {
      this.#unwritten -= 1;
      if (this.#unwritten === 0 && this.#waiting.length === 0) this.#onIdle?.();
    });
  }

  readonly #drain = (): void => {
    this.#full = false;
    while (!this.#full) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#send(next.text);
    }
  };

  readonly #gone = (): void => {
    this.#open = false;
    this.#onIdle?.();
  };
}
