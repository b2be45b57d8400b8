import type { RunEvent } from '../../domain/event.ts';
import type { Display, LogTail } from '../subscriber.ts';
import { type EventLine, eventLine } from '../text/event-line.ts';
import { withoutSaid } from '../text/log-tail.ts';
import { paint } from '../text/paint.ts';
import { sanitize } from '../text/sanitize.ts';
import type { PastBlock } from './run-screen.tsx';

/** What a frame would not show for long, in blocks that stay above it. */
export class Past {
  readonly #display: Pick<Display, 'color' | 'unicode' | 'place'>;
  readonly #tail: LogTail | undefined;
  readonly #onChange: () => void;
  #blocks: readonly PastBlock[] = [];
  /** Blocks are added in the order of their events, although some wait for a log to be read. */
  #adding: Promise<void> = Promise.resolve();

  constructor(display: Pick<Display, 'color' | 'unicode' | 'place'>, tail: LogTail | undefined, onChange: () => void) {
    this.#display = display;
    this.#tail = tail;
    this.#onChange = onChange;
  }

  get blocks(): readonly PastBlock[] {
    return this.#blocks;
  }

  /** Keeps an event that must not be missed; of one that ended badly with the end of its log. */
  remember(event: RunEvent): void {
    if (!isMemorable(event)) return;
    const line = eventLine(event, this.#display);
    if (line === undefined) return;
    const tail = endedBadly(event) ? this.#tail : undefined;
    this.#keep(line, async () =>
      tail === undefined || event.type !== 'attempt-ended'
        ? []
        : withoutSaid(await tail(event).catch(() => []), event.outcome),
    );
  }

  keep(line: EventLine): void {
    this.#keep(line, async () => []);
  }

  /** Resolves when all that was kept is among the blocks. */
  async settled(): Promise<void> {
    await this.#adding;
  }

  #keep(line: EventLine, log: () => Promise<readonly string[]>): void {
    this.#adding = this.#adding.then(async () => {
      const lines = this.#compose(line, await log());
      this.#blocks = [...this.#blocks, { id: this.#blocks.length, lines }];
      this.#onChange();
    });
  }

  #compose(line: EventLine, log: readonly string[]): readonly string[] {
    const display = this.#display;
    const text = paint(line.tone, line.text, display.color);
    const first = line.subject === undefined ? text : `${paint('strong', line.subject, display.color)}: ${text}`;
    return [first, ...log.map((entry) => `  | ${sanitize(entry, display)}`), ...line.hints.map((hint) => `  ${hint}`)];
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
