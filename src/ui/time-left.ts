import { secondsBetween } from '../domain/run/record-events.ts';
import type { RunView, StageView } from './run-view.ts';

/** How long stages took when they last ended well, in seconds, by name: what to expect. */
export type Expected = Readonly<Record<string, number>>;

/** Below it a fraction says nothing of the pace. */
const FRACTION_MIN = 0.02;

/** Seconds until a stage has ended: by its own words, its pace, or how long it took before. 0 when it has; undefined = nobody knows. */
export function stageSecondsLeft(stage: StageView, now: Date, expected: Expected): number | undefined {
  const usual = Object.hasOwn(expected, stage.name) ? expected[stage.name] : undefined;
  switch (stage.phase) {
    case 'Pending':
    case 'AwaitingApproval':
    case 'Preparing':
    case 'Submitted':
    case 'Waiting':
    case 'Retrying':
      return usual;
    case 'Running':
      return saidLeft(stage, now) ?? usualLeft(stage, now, usual);
    default:
      return 0;
  }
}

/** Seconds until all that was asked for is done, one stage after the other; `isLeast` where some of it is not known. Undefined = none of it is. */
export function runSecondsLeft(
  view: RunView,
  now: Date,
  expected: Expected,
): { readonly seconds: number; readonly isLeast: boolean } | undefined {
  const stages = view.stages.filter(({ name }) => view.selected?.includes(name) ?? true);
  if (view.cancelling || stages.some(hasEndedBadly)) return undefined;
  const left = stages.map((stage) => stageSecondsLeft(stage, now, expected));
  const known = left.filter((seconds) => seconds !== undefined);
  const seconds = known.reduce((sum, one) => sum + one, 0);
  return seconds === 0 ? undefined : { seconds, isLeast: known.length < left.length };
}

function hasEndedBadly({ phase }: StageView): boolean {
  return ['Refused', 'Failed', 'CannotStart', 'Cancelled', 'Lost'].includes(phase);
}

function saidLeft({ about, since }: StageView, now: Date): number | undefined {
  const told = about?.told;
  if (told === undefined) return undefined;
  const { etaSeconds, fraction } = told.progress;
  const past = secondsBetween(told.at, now.toISOString()) ?? 0;
  if (etaSeconds !== undefined) return Math.max(0, etaSeconds - past);
  const took = secondsBetween(since, told.at);
  if (fraction === undefined || fraction < FRACTION_MIN || took === undefined || took === 0) return undefined;
  return Math.max(0, (took * (1 - fraction)) / fraction - past);
}

/** A stage that takes longer than it did may take any time. */
function usualLeft({ since }: StageView, now: Date, usual: number | undefined): number | undefined {
  const ran = secondsBetween(since, now.toISOString());
  if (usual === undefined || ran === undefined || ran >= usual) return undefined;
  return usual - ran;
}
