import type { Writable } from 'node:stream';
import type { RunEvent } from '../domain/event.ts';
import { LineSink } from './line-sink.ts';
import { EMPTY_VIEW, type RunView, reduceView } from './run-view.ts';
import type { Display, EventSubscriber, LogTail } from './subscriber.ts';
import { type EventLine, eventLine } from './text/event-line.ts';
import { withoutSaid } from './text/log-tail.ts';
import { paint } from './text/paint.ts';
import { type Past, pastOf } from './text/past-line.ts';
import { sanitize } from './text/sanitize.ts';

export interface PlainOptions {
  /** Where people read: stderr. */
  readonly stream: Writable;
  readonly display: Display;
  /** Asked for the last lines of an attempt that failed; absent = none are shown. */
  readonly tail?: LogTail;
}

/** At most one progress line a stage in so many seconds of the run's own time. */
const PROGRESS_SECONDS = { terminal: 1, elsewhere: 10 } as const;

/** Writes one line an event, and under a failed attempt the end of its log. */
export function createPlainSubscriber(options: PlainOptions): EventSubscriber {
  return new PlainSubscriber(options);
}

interface Joining {
  readonly event: RunEvent & { readonly type: 'run-started' };
  readonly view: RunView;
  readonly wish?: RunEvent & { readonly type: 'run-cancelling' };
}

class PlainSubscriber implements EventSubscriber {
  readonly #sink: LineSink;
  readonly #display: Display;
  readonly #tail: LogTail | undefined;
  readonly #progress = new Map<string, number>();
  readonly #waits = new Map<string, string>();
  /** What came while a log was being read: it is written after that log. */
  readonly #held: RunEvent[] = [];
  #reading: Promise<void> | undefined;
  #startedAt = '';
  /** What is told of the time before this program joined, as long as that goes on. */
  #joining: Joining | undefined;

  constructor(options: PlainOptions) {
    this.#sink = new LineSink(options.stream);
    this.#display = options.display;
    this.#tail = options.tail;
  }

  event(event: RunEvent): void {
    if (this.#reading === undefined) this.#show(event);
    else this.#held.push(event);
  }

  async close(): Promise<void> {
    if (this.#reading === undefined) this.#tellPast();
    while (this.#reading !== undefined) await this.#reading;
    await this.#sink.close();
  }

  #show(event: RunEvent): void {
    if (event.type === 'run-started') {
      this.#startedAt = event.time;
      this.#joining = { event, view: reduceView(EMPTY_VIEW, event) };
      // The past comes in one piece with the event that says who joined.
      setImmediate(() => this.#tellPast());
      return;
    }
    const isPast = event.time < this.#startedAt;
    if (isPast && this.#joining !== undefined) {
      const wish = event.type === 'run-cancelling' ? { wish: event } : {};
      this.#joining = { ...this.#joining, view: reduceView(this.#joining.view, event), ...wish };
      return;
    }
    this.#tellPast();
    if (isPast && event.type === 'attempt-progress') return;
    this.#tell(event);
  }

  /** The run as it was joined: one line, whatever happened before. */
  #tellPast(): void {
    const joining = this.#joining;
    this.#joining = undefined;
    if (joining === undefined) return;
    this.#tell(joining.event, pastOf(joining.view));
    if (joining.wish !== undefined) this.#tell(joining.wish);
  }

  #tell(event: RunEvent, past?: Past): void {
    if (this.#isRepeated(event)) return;
    const line = eventLine(event, this.#display, past);
    if (line === undefined) return;
    this.#write(`${this.#compose(line)}\n`, event);
    // A failure of a stage's past is history: whoever resumes knows it, and its next step was taken.
    if (event.type === 'attempt-ended' && event.time >= this.#startedAt && this.#tail !== undefined) {
      const { kind } = event.outcome;
      if (kind === 'failed' || kind === 'lost') {
        this.#reading = this.#readLog(this.#tail, event, line);
        return;
      }
    }
    this.#writeHints(line, event);
  }

  async #readLog(tail: LogTail, event: RunEvent & { readonly type: 'attempt-ended' }, line: EventLine): Promise<void> {
    try {
      const texts = withoutSaid(await tail(event), event.outcome);
      for (const text of texts) this.#write(`  | ${sanitize(text, this.#display)}\n`, event);
    } catch {
      // The log is there to be asked for; the line below says how.
    }
    this.#writeHints(line, event);
    this.#reading = undefined;
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      this.#show(next);
      if (this.#reading !== undefined) return;
    }
  }

  #writeHints(line: EventLine, event: RunEvent): void {
    for (const hint of line.hints) this.#write(`  ${hint}\n`, event);
  }

  #write(text: string, event: RunEvent): void {
    this.#sink.write(text, event.type === 'attempt-progress' ? `${event.stage}/${event.attempt}` : undefined);
  }

  #compose(line: EventLine): string {
    const text = paint(line.tone, line.text, this.#display.color);
    return line.subject === undefined ? text : `${paint('strong', line.subject, this.#display.color)}: ${text}`;
  }

  /** True for progress that comes too soon after the last, and for a reason to wait that was told already. */
  #isRepeated(event: RunEvent): boolean {
    if (event.type === 'attempt-progress') {
      const at = Date.parse(event.time) / 1000;
      const least = this.#display.isTTY ? PROGRESS_SECONDS.terminal : PROGRESS_SECONDS.elsewhere;
      if (at - (this.#progress.get(event.stage) ?? Number.NEGATIVE_INFINITY) < least) return true;
      this.#progress.set(event.stage, at);
      return false;
    }
    if (event.type === 'attempt-waits') {
      const told = this.#waits.get(event.stage) === event.reason;
      this.#waits.set(event.stage, event.reason);
      return told;
    }
    return false;
  }
}
