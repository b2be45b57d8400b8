import type { Outcome } from '../attempt/outcome.ts';
import { outcomePhase, type StagePhase, stagePhase } from './run-phase.ts';
import type { StageRecord } from './run-record.ts';

/** How an attempt stands whose outcome nobody has recorded: as it was seen where it runs. */
export type Sight =
  /** The last driver went before it had submitted it. */
  | { readonly kind: 'not-submitted' }
  /** `reason` is empty when there is none worth a sentence. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** `at`: when its main container began, RFC 3339. */
  | { readonly kind: 'running'; readonly at: string }
  /** It may run; what it runs on does not answer, or it is bound to fail. */
  | { readonly kind: 'troubled'; readonly reason: string }
  | { readonly kind: 'ended'; readonly at: string; readonly outcome: Outcome }
  /** It was submitted, and there is nothing of it any more. */
  | { readonly kind: 'gone' }
  /** It could not be looked at. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** By stage. A stage that is absent was not looked at: what is recorded of it holds, as while a driver lives. */
export type Sights = ReadonlyMap<string, Sight>;

/** Nothing was looked at. */
export const NO_SIGHTS: Sights = new Map();

/** Whether it must be taken for something that runs. */
export function isUnderWay(sight: Sight): boolean {
  return sight.kind !== 'ended' && sight.kind !== 'gone' && sight.kind !== 'not-submitted';
}

/** The stage's phase as it was seen: what neither runs nor has a recorded end is `Interrupted`. */
export function seenPhase(stage: StageRecord, sights: Sights): StagePhase {
  const sight = sights.get(stage.name);
  return sight === undefined || isUnderWay(sight) ? stagePhase(stage) : 'Interrupted';
}

/** One phrase about the stage `name`, with the verb: `train goes on`. */
export function sightPhrase(name: string, sight: Sight): string {
  switch (sight.kind) {
    case 'not-submitted':
      return `${name} was not submitted`;
    case 'running':
      return `${name} goes on`;
    case 'waiting':
      return sight.reason === '' ? `${name} goes on` : `${name} waits (${sight.reason})`;
    case 'troubled':
      return `${name} is in trouble (${sight.reason})`;
    case 'ended':
      return `${name} has ended (${endWord(sight.outcome)}) and nobody has recorded it yet`;
    case 'gone':
      return `${name} is gone, and nobody has recorded its end`;
    case 'unknown':
      return `nobody knows from here how ${name} stands (${sight.reason})`;
  }
}

/** `succeeded`, `failed: exit code 1`. */
function endWord(outcome: Outcome): string {
  if (outcome.kind === 'succeeded') return outcome.kind;
  const word = outcomePhase(outcome) === 'CannotStart' ? 'could not start' : outcome.kind;
  return `${word}: ${outcome.message}`;
}
