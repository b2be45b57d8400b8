import { PassThrough } from 'node:stream';
import { type Instance, render } from 'ink';
import type { RunEvent } from '../../domain/event.ts';
import { EMPTY_VIEW, type RunView, reduceView } from '../run-view.ts';
import type { Display, EventSubscriber, LogTail } from '../subscriber.ts';
import { type EventLine, eventLine } from '../text/event-line.ts';
import { paint } from '../text/paint.ts';
import { pastLine } from '../text/past-line.ts';
import type { OnInterrupt } from '../text/run-lines.ts';
import { sanitize } from '../text/sanitize.ts';
import { type PastBlock, RunScreen } from './run-screen.tsx';

export interface InkOptions {
  /** The terminal people look at: stderr. */
  readonly stream: NodeJS.WriteStream;
  readonly display: Pick<Display, 'color' | 'unicode' | 'place'>;
  /** For what still runs. Default: the machine's clock. */
  readonly now?: () => Date;
  /** What the footer says of Ctrl-C. Default `detach`. */
  readonly onInterrupt?: OnInterrupt;
  /** Asked for the last lines of an attempt that failed; absent = none are shown. */
  readonly tail?: LogTail;
}

/** Events that come together are drawn together. */
const DRAW_DELAY_MS = 50;
const TICK_MS = 1000;

/**
 * Shows a run as a table that is redrawn in place, and what must not be missed above it. The terminal stays in its
 * ordinary mode (Ctrl-C reaches the process as SIGINT), the scrollback is never cleared, and the last table stays in it.
 */
export function createInkSubscriber(options: InkOptions): EventSubscriber {
  return new InkSubscriber(options);
}

class InkSubscriber implements EventSubscriber {
  readonly #options: InkOptions;
  #view: RunView = EMPTY_VIEW;
  #past: readonly PastBlock[] = [];
  /** Blocks are added in the order of their events, although some wait for a log to be read. */
  #adding: Promise<void> = Promise.resolve();
  #startedAt = '';
  #joined: RunEvent | undefined;
  #instance: Instance | undefined;
  #fault: unknown;
  #drawing: NodeJS.Timeout | undefined;
  #isWaiting = false;
  #tick: NodeJS.Timeout | undefined;

  constructor(options: InkOptions) {
    this.#options = options;
  }

  event(event: RunEvent): void {
    const isPast = event.time < this.#startedAt;
    if (!isPast) this.#tellPast();
    this.#view = reduceView(this.#view, event);
    if (event.type === 'run-started') {
      this.#startedAt = event.time;
      this.#joined = event;
    }
    if (!isPast) this.#remember(event);
    this.#drawSoon();
  }

  /** How the run stood when it was joined, once something new happens: until then the table says it. */
  #tellPast(): void {
    const joined = this.#joined;
    this.#joined = undefined;
    const past = joined === undefined ? undefined : pastLine(this.#view);
    if (joined === undefined || past === undefined) return;
    const line = eventLine(joined, this.#options.display, past);
    if (line !== undefined) this.#keep(line, async () => []);
  }

  async close(): Promise<void> {
    this.#tellPast();
    await this.#adding;
    clearTimeout(this.#drawing);
    clearInterval(this.#tick);
    if (this.#instance === undefined && this.#view.run === '') return;
    this.#draw(true);
    await this.#instance?.waitUntilRenderFlush();
    this.#instance?.unmount();
    await this.#instance?.waitUntilExit().catch(() => undefined);
    // A fault of the view is a bug of ours; it must not stop the run, so it is told when the run is over.
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Keeps above the table what the table will not show for long. */
  #remember(event: RunEvent): void {
    if (!isMemorable(event)) return;
    const line = eventLine(event, this.#options.display);
    if (line === undefined) return;
    const tail = endedBadly(event) ? this.#options.tail : undefined;
    this.#keep(line, async () =>
      tail === undefined || !('attempt' in event) ? [] : await tail(event).catch(() => []),
    );
  }

  #keep(line: EventLine, log: () => Promise<readonly string[]>): void {
    this.#adding = this.#adding.then(async () => {
      const lines = this.#compose(line, await log());
      this.#past = [...this.#past, { id: this.#past.length, lines }];
      this.#drawSoon();
    });
  }

  #compose(line: EventLine, log: readonly string[]): readonly string[] {
    const { display } = this.#options;
    const text = paint(line.tone, line.text, display.color);
    const first = line.subject === undefined ? text : `${paint('strong', line.subject, display.color)}: ${text}`;
    return [first, ...log.map((entry) => `  | ${sanitize(entry, display)}`), ...line.hints.map((hint) => `  ${hint}`)];
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      this.#draw(false);
    }, DRAW_DELAY_MS);
  }

  /** A terminal that was stopped is shown how things are once it goes on, not all that was. */
  #drawWhenTaken(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#options.stream.once('drain', () => {
      this.#isWaiting = false;
      this.#drawSoon();
    });
  }

  #draw(last: boolean): void {
    if (this.#fault !== undefined) return;
    if (!last && this.#options.stream.writableNeedDrain) {
      this.#drawWhenTaken();
      return;
    }
    const { stream, display, now = () => new Date(), onInterrupt = 'detach' } = this.#options;
    const screen = (
      <RunScreen
        view={this.#view}
        past={this.#past}
        now={now()}
        display={display}
        onInterrupt={onInterrupt}
        last={last}
      />
    );
    if (this.#instance !== undefined) {
      this.#instance.rerender(screen);
      return;
    }
    // No key is read: with the real stdin Ink could put the terminal into raw mode, and Ctrl-C would be a key.
    const stdin = new PassThrough();
    this.#instance = render(screen, {
      stdout: stream,
      stderr: stream,
      stdin,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
      maxFps: 10,
    });
    this.#instance.waitUntilExit().catch((error: unknown) => {
      this.#fault = error;
    });
    this.#tick = setInterval(() => this.#draw(false), TICK_MS);
    this.#tick.unref();
  }
}

function isMemorable(event: RunEvent): boolean {
  switch (event.type) {
    case 'stage-refused':
    case 'attempt-warned':
    case 'attempt-retried':
    case 'log-gap':
    case 'run-cancelling':
    case 'notice':
      return true;
    case 'attempt-ended':
      return endedBadly(event);
    default:
      return false;
  }
}

function endedBadly(event: RunEvent): boolean {
  return event.type === 'attempt-ended' && (event.outcome.kind === 'failed' || event.outcome.kind === 'lost');
}
