import type { RunView, StageView } from '../run-view.ts';

/** How the end that a stage came to earlier is called, where it was no good one. */
const ENDS: Readonly<Partial<Record<StageView['phase'], string>>> = {
  Failed: 'failed',
  CannotStart: 'could not start',
  Cancelled: 'was cancelled',
  Lost: 'was lost',
  Refused: 'was refused',
};

/** How a run stood when somebody joined it. */
export interface Past {
  /** One line: `datagen, train done earlier; eval started, attempt 2`; absent when nothing had begun. */
  readonly line?: string;
  /** Somebody had wished it to end. */
  readonly cancelling: boolean;
  /** There is nothing that could be ended. */
  readonly isOver: boolean;
}

const GOOD_ENDS: ReadonlySet<StageView['phase']> = new Set<StageView['phase']>(['Succeeded', 'Reused', 'Skipped']);

/** What is to be told of the time before; undefined when there is nothing. */
export function pastOf({ stages, cancelling, driving }: RunView): Past | undefined {
  const isDone = stages.length > 0 && stages.every(({ phase }) => GOOD_ENDS.has(phase));
  // Whoever drives tries again what ended badly.
  const isLeft = !driving && stages.some(({ phase }) => phase in ENDS) && stages.every(isAtRest);
  const isOver = isDone || isLeft;
  const done = stages.filter(({ phase }) => phase === 'Succeeded' || phase === 'Reused').map(({ name }) => name);
  const rest = stages.flatMap((stage) => restPhrase(stage) ?? []);
  const phrases = [...(done.length === 0 ? [] : [`${done.join(', ')} done earlier`]), ...rest];
  if (phrases.length > 0) return { line: phrases.join('; '), cancelling, isOver };
  return cancelling || isOver ? { cancelling, isOver } : undefined;
}

function isAtRest({ phase }: StageView): boolean {
  return phase in ENDS || phase === 'Pending' || GOOD_ENDS.has(phase);
}

function restPhrase({ name, phase, attempt }: StageView): string | undefined {
  const which = attempt > 1 ? `, attempt ${attempt}` : '';
  const end = ENDS[phase];
  if (end !== undefined) return `${name} ${end} earlier`;
  if (phase === 'Running') return `${name} started${which}`;
  return phase === 'Submitted' || phase === 'Waiting' ? `${name} was submitted${which}` : undefined;
}
