import type { StagePhase } from '../../domain/run/run-phase.ts';

/** What a piece of text means; how it looks is decided here alone. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'warning' | 'busy';

const CODES: Readonly<Record<Exclude<Tone, 'plain'>, readonly [number, number]>> = {
  strong: [1, 22],
  faint: [2, 22],
  good: [32, 39],
  bad: [31, 39],
  warning: [33, 39],
  busy: [36, 39],
};

/** The text in its colour, or as it is when colour is not wanted. The text must be sanitised. */
export function paint(tone: Tone, text: string, color: boolean): string {
  if (!color || tone === 'plain' || text === '') return text;
  const [on, off] = CODES[tone];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

const PHASE_TONES: Readonly<Record<StagePhase, Tone>> = {
  Pending: 'faint',
  AwaitingApproval: 'warning',
  Running: 'busy',
  Interrupted: 'warning',
  Succeeded: 'good',
  Reused: 'good',
  Skipped: 'faint',
  Refused: 'bad',
  Failed: 'bad',
  CannotStart: 'bad',
  Cancelled: 'warning',
  Lost: 'bad',
};

/** The tone of a stage's or a run's phase; unknown words are plain. */
export function phaseTone(phase: string): Tone {
  return (PHASE_TONES as Readonly<Record<string, Tone>>)[phase] ?? 'plain';
}
