import type { RunEvent } from '../../domain/event.ts';
import { withPlace } from '../../domain/typed-place.ts';
import type { LogFollow, RunControls, ScreenTerminal } from '../controls.ts';
import { keysOf } from '../keys.ts';
import { EMPTY_VIEW, type RunView, reduceView } from '../run-view.ts';
import { type Act, FIRST_SCREEN, logOf, press, type Screen, shownStage } from '../screen.ts';
import type { Display, EventSubscriber, LogTail } from '../subscriber.ts';
import { eventLine } from '../text/event-line.ts';
import { pastOf } from '../text/past-line.ts';
import { finalLines, type OnInterrupt } from '../text/screen/run-lines.ts';
import { frameLines, LOG_ROWS_MIN, type Size } from '../text/screen/screen-lines.ts';
import type { Expected } from '../time-left.ts';
import { Canvas } from './canvas.tsx';
import { LiveLog } from './live-log.ts';
import { Past } from './past.ts';
import type { PastBlock } from './run-screen.tsx';

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
  /** Follows the log of the stage that is looked at; absent = none is shown. */
  readonly follow?: LogFollow;
  /** Asked once for how long stages take; absent = nobody knows. */
  readonly expected?: () => Promise<Expected>;
  /** Absent = nobody asks whose it is, and no keys are read. */
  readonly terminal?: ScreenTerminal;
  /** What keys do; absent = none are read. */
  readonly controls?: RunControls;
}

/** Events that come together are drawn together; lines of a log may come in thousands. */
const DRAW_DELAY_MS = 50;
const LOG_DELAY_MS = 250;
const TICK_MS = 1000;

/**
 * Shows a run as a screen that is redrawn in place, and what must not be missed above it. Ctrl-C reaches the process as
 * SIGINT, the scrollback is never cleared, and the last table stays in it.
 */
export function createInkSubscriber(options: InkOptions): EventSubscriber {
  return new InkSubscriber(options);
}

class InkSubscriber implements EventSubscriber {
  readonly leavesTable = true;
  readonly #options: InkOptions;
  readonly #canvas: Canvas;
  readonly #past: Past;
  readonly #log: LiveLog | undefined;
  #view: RunView = EMPTY_VIEW;
  #screen: Screen = FIRST_SCREEN;
  #expected: Expected = {};
  #startedAt = '';
  #joined: RunEvent | undefined;
  #drawing: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  #hasKeys = false;
  #paging: Promise<void> | undefined;

  constructor(options: InkOptions) {
    this.#options = options;
    this.#canvas = new Canvas(options.stream, () => this.#drawSoon());
    this.#past = new Past(options.display, options.tail, () => this.#drawSoon());
    this.#log =
      options.follow === undefined ? undefined : new LiveLog(options.follow, () => this.#drawSoon(LOG_DELAY_MS));
  }

  event(event: RunEvent): void {
    const isPast = event.time < this.#startedAt;
    if (!isPast) this.#tellPast();
    this.#view = reduceView(this.#view, event);
    if (event.type === 'run-started') {
      this.#startedAt = event.time;
      this.#joined = event;
    }
    if (!isPast) this.#past.remember(event);
    this.#open();
    this.#drawSoon();
  }

  async close(): Promise<void> {
    this.#tellPast();
    await this.#past.settled();
    // Who reads a log may read it to its end.
    await this.#paging;
    clearTimeout(this.#drawing);
    clearInterval(this.#tick);
    const { terminal, stream } = this.#options;
    stream.off('resize', this.#resized);
    terminal?.close();
    this.#log?.stop();
    if (this.#view.run === '') return;
    await this.#canvas.comeBack();
    this.#drawLast();
    await this.#canvas.close();
  }

  /** How the run stood when it was joined, once something new happens: until then the table says it. */
  #tellPast(): void {
    const joined = this.#joined;
    this.#joined = undefined;
    const past = joined === undefined ? undefined : pastOf(this.#view);
    if (joined === undefined || past === undefined) return;
    const line = eventLine(joined, this.#options.display, past);
    // What else could be done, the screen says.
    if (line !== undefined) this.#past.keep({ ...line, hints: [] });
  }

  /** With the first event: there is a run to look at. */
  #open(): void {
    if (this.#tick !== undefined) return;
    const { terminal, controls, stream, expected } = this.#options;
    this.#tick = setInterval(() => this.#onTick(), TICK_MS);
    this.#tick.unref();
    // Before Ink's own: it then finds lines that fit.
    stream.on('resize', this.#resized);
    if (controls !== undefined)
      this.#hasKeys =
        terminal?.open({
          keys: (text) => this.#keys(text),
          leave: () => this.#canvas.leave(),
          comeBack: () => this.#comeBack(),
        }) ?? false;
    expected?.().then(
      (seconds) => {
        this.#expected = seconds;
        this.#drawSoon();
      },
      () => undefined, // nobody knows, then
    );
  }

  readonly #resized = (): void => this.#draw();

  #onTick(): void {
    if (this.#canvas.isAway) this.#comeBack();
    this.#draw();
  }

  #comeBack(): void {
    const { terminal } = this.#options;
    if (this.#paging !== undefined || terminal?.isForeground() === false) return;
    this.#hasKeys = terminal?.again() ?? false;
    this.#canvas.comeBack().catch(() => undefined);
  }

  #keys(text: string): void {
    for (const key of keysOf(text)) {
      const { controls } = this.#options;
      if (controls === undefined) return;
      const wasAsked = this.#screen.question !== undefined;
      const { screen, act } = press(this.#screen, key, this.#view, controls.keys);
      this.#screen = screen;
      if (act !== undefined) this.#do(act, controls);
      // What was typed ahead is no answer to a question that nobody had read.
      if (!wasAsked && screen.question !== undefined) break;
    }
    this.#draw();
  }

  #do(act: Act, controls: RunControls): void {
    switch (act.kind) {
      case 'leave':
        controls.leave();
        break;
      case 'detach':
        this.#say('detaching');
        controls.detach();
        break;
      case 'cancel':
        this.#see(controls.cancel(), 'it could not be cancelled');
        break;
      case 'approve':
        this.#see(controls.approve(act.stage), `${act.stage} could not be approved`);
        break;
      case 'open-log': {
        this.#canvas.leave();
        this.#paging = controls
          .openLog(act.attempt)
          .then((shown) => {
            if (shown) return;
            const { run, stage } = act.attempt;
            const command = withPlace(`ilab-backend logs ${run} ${stage}`, this.#options.display.place);
            this.#say(`no pager here; type in another terminal: ${command}`);
          })
          .catch((error: unknown) => this.#say(`the log could not be shown: ${messageOf(error)}`))
          .finally(() => {
            this.#paging = undefined;
            this.#comeBack();
          });
        break;
      }
      case 'redraw':
        this.#canvas.leave();
        this.#comeBack();
        break;
    }
  }

  #see(work: Promise<void>, what: string): void {
    work.catch((error: unknown) => this.#say(`${what}: ${messageOf(error)}`));
  }

  #say(message: string): void {
    this.#screen = { ...this.#screen, message };
    this.#drawSoon();
  }

  #drawSoon(delay = DRAW_DELAY_MS): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      this.#draw();
    }, delay);
  }

  #draw(): void {
    const { terminal, controls, onInterrupt = 'detach' } = this.#options;
    if (this.#canvas.isAway || terminal?.isForeground() === false) return;
    const size = this.#size();
    const log = this.#logView(size.rows);
    const frame = frameLines(this.#view, this.#now(), size, {
      screen: this.#screen,
      onInterrupt,
      expected: this.#expected,
      ...(this.#hasKeys && controls !== undefined ? { keys: controls.keys } : {}),
      ...(log === undefined ? {} : { log }),
    });
    this.#canvas.draw(this.#past.blocks, [...this.#gap(), ...frame]);
  }

  /** The whole table is put into the scrollback and nothing is left to be redrawn. */
  #drawLast(): void {
    const past = this.#past.blocks;
    const lines = finalLines(this.#view, this.#now(), this.#size());
    // All but the last line: a table of any height may be put above the frame, but not be one.
    const table: PastBlock = { id: past.length, lines: [...this.#gap(), ...lines.slice(0, -1)] };
    this.#canvas.draw([...past, table], lines.slice(-1), true);
  }

  #logView(rows: number) {
    if (this.#log === undefined) return undefined;
    if (rows < LOG_ROWS_MIN || this.#screen.help) {
      this.#log.stop();
      return undefined;
    }
    this.#log.show(logOf(this.#view, shownStage(this.#view, this.#screen)));
    return this.#log.view(this.#screen.paused);
  }

  #gap(): readonly string[] {
    return this.#past.blocks.length > 0 ? [''] : [];
  }

  #size(): Size {
    const { stream, display } = this.#options;
    return { ...display, columns: stream.columns || 80, rows: (stream.rows || 24) - this.#gap().length };
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
