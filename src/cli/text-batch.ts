const FULL = 16 * 1024;

/**
 * Joins lines to few writes: at the latest when the present turn of the event loop ends, so that nobody who follows
 * waits for a line.
 */
export class TextBatch {
  readonly #write: (text: string) => void;
  #text = '';
  #planned = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** True when it wrote because it was full: the moment to wait for whoever reads. */
  add(text: string): boolean {
    this.#text += text;
    if (this.#text.length >= FULL) {
      this.flush();
      return true;
    }
    if (!this.#planned) {
      this.#planned = true;
      setImmediate(() => {
        this.#planned = false;
        this.flush();
      });
    }
    return false;
  }

  /** Writes what has not been written yet. */
  flush(): void {
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#write(text);
  }
}
