import type { ViewPhase } from '../run-view.ts';

/** The signs of the stage table. Each takes one cell. */
export interface Symbols {
  readonly phase: Readonly<Record<ViewPhase, string>>;
  readonly full: string;
  readonly empty: string;
  /** What stands where a text was cut. */
  readonly cut: string;
  /** Beside the stage that a person chose. */
  readonly chosen: string;
  /** The keys that choose. */
  readonly updown: string;
  /** What a line that separates is made of. */
  readonly rule: string;
  /** Of a sparkline, from the lowest on. */
  readonly levels: readonly string[];
}

const UNICODE: Symbols = {
  phase: {
    Pending: '○',
    AwaitingApproval: '◌',
    Preparing: '◌',
    Submitted: '◌',
    Waiting: '◌',
    Running: '●',
    Interrupted: '?',
    Retrying: '◌',
    Succeeded: '✓',
    Reused: '✓',
    Skipped: '–',
    Refused: '✗',
    Failed: '✗',
    CannotStart: '✗',
    Cancelled: '✗',
    Lost: '?',
  },
  full: '█',
  empty: '░',
  cut: '…',
  chosen: '▸',
  updown: '↑↓',
  rule: '─',
  levels: [...'▁▂▃▄▅▆▇█'],
};

const ASCII: Symbols = {
  phase: {
    Pending: '.',
    AwaitingApproval: '~',
    Preparing: '~',
    Submitted: '~',
    Waiting: '~',
    Running: '*',
    Interrupted: '?',
    Retrying: '~',
    Succeeded: '+',
    Reused: '+',
    Skipped: '-',
    Refused: 'x',
    Failed: 'x',
    CannotStart: 'x',
    Cancelled: 'x',
    Lost: '?',
  },
  full: '#',
  empty: '-',
  cut: '..',
  chosen: '>',
  updown: 'j/k',
  rule: '-',
  levels: [...'_.:-=+*#'],
};

/** The signs that the terminal can show. */
export function symbolsFor(unicode: boolean): Symbols {
  return unicode ? UNICODE : ASCII;
}
