import type { LogFollow } from '../controls.ts';
import type { LoggedAttempt } from '../screen.ts';
import { type LogView, NOTHING, READING } from '../text/screen/pane-lines.ts';

/** More than a frame shows. */
const LINES_MAX = 60;
/** Of one line; a terminal shows less. */
const LINE_MAX = 2000;

/** The end of one attempt's log, in bounded memory. Its stream is open only while that log is shown. */
export class LiveLog {
  readonly #follow: LogFollow;
  readonly #onChange: () => void;
  #shown: string | undefined;
  #stream: AbortController | undefined;
  #lines: readonly string[] = [];
  #held: readonly string[] | undefined;
  #note = '';

  constructor(follow: LogFollow, onChange: () => void) {
    this.#follow = follow;
    this.#onChange = onChange;
  }

  /** What is shown from now on; undefined = there is nothing to show yet. */
  show(attempt: LoggedAttempt | undefined): void {
    const key = attempt === undefined ? undefined : `${attempt.run}/${attempt.stage}/${attempt.attempt}`;
    if (key === this.#shown && attempt !== undefined) return;
    this.stop();
    this.#note = attempt === undefined ? 'none yet' : READING;
    if (attempt === undefined) return;
    this.#shown = key;
    const stream = new AbortController();
    this.#stream = stream;
    this.#read(attempt, stream.signal).catch(() => undefined);
  }

  /** Held, it stands as it stood. */
  view(isHeld: boolean): LogView {
    this.#held = isHeld ? (this.#held ?? this.#lines) : undefined;
    return { lines: this.#held ?? this.#lines, note: this.#note };
  }

  stop(): void {
    this.#stream?.abort();
    this.#stream = undefined;
    this.#shown = undefined;
    this.#lines = [];
    this.#held = undefined;
  }

  async #read(attempt: LoggedAttempt, signal: AbortSignal): Promise<void> {
    try {
      for await (const lines of this.#follow(attempt, signal)) {
        if (signal.aborted) return;
        const short = lines.slice(-LINES_MAX).map((line) => apart(line.slice(0, LINE_MAX)));
        this.#lines = [...this.#lines, ...short].slice(-LINES_MAX);
        this.#onChange();
      }
      if (!signal.aborted) this.#note = NOTHING;
    } catch {
      if (!signal.aborted) this.#note = 'it cannot be read';
    }
    if (!signal.aborted) this.#onChange();
  }
}

/** The same text by itself: one that was cut out of a longer one keeps all of that in memory, here 16 KB of log for each line. */
function apart(text: string): string {
  return Buffer.from(text).toString();
}
