import { unreachable } from '../errors.ts';
import { counted } from './markdown.ts';

/**
 * How a step of a publication ended: `done` (now, or found done), `refused` by the other side, `unreachable`, or
 * `waiting` for another step that is not done.
 */
export type StepState = 'done' | 'refused' | 'unreachable' | 'waiting';

/** One step of a publication. */
export interface StepReport {
  readonly id: string;
  /** What it is, for people. */
  readonly title: string;
  readonly state: StepState;
  /** Done now; false where it was found done. */
  readonly isNew: boolean;
  /** Where what was made can be seen. */
  readonly address?: string;
  /** Why it is not done, or is left to another run. */
  readonly message?: string;
}

/** What a publication came to: 0 all is done, 64 something was refused, 75 something did not answer. */
export interface PublicationOutcome {
  readonly exitCode: 0 | 64 | 75;
  /** One sentence; the reasons follow, one line each. */
  readonly message: string;
  readonly details: readonly string[];
}

/** What does not answer is tried again first: what was refused is refused then as well. */
export function publicationOutcome(steps: readonly StepReport[]): PublicationOutcome {
  const left = steps.filter(({ state }) => state !== 'done');
  const made = steps.filter(({ state, isNew }) => state === 'done' && isNew).length;
  const details = left.map(
    ({ title, state, message }) => `${title} ${stateText(state)}: ${message ?? 'no reason given'}`,
  );
  if (left.length === 0) {
    const kept = steps.length - made;
    const message = `${counted(made, 'step', 'steps')} done${kept === 0 ? '' : `, ${kept} had been done before`}`;
    return { exitCode: 0, message, details };
  }
  const message = `published in part: ${left.length} of ${counted(steps.length, 'step', 'steps')} not done: ${details[0]}`;
  return { exitCode: left.some(({ state }) => state === 'unreachable') ? 75 : 64, message, details };
}

/** The state as the end of a sentence. */
function stateText(state: StepState): string {
  switch (state) {
    case 'done':
      return 'is done';
    case 'refused':
      return 'was refused';
    case 'unreachable':
      return 'was not answered';
    case 'waiting':
      return 'waits';
    default:
      return unreachable(state);
  }
}
