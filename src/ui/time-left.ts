import type { ToldProgress } from '../domain/attempt/progress.ts';
import { secondsBetween } from '../domain/run/record-events.ts';
import type { RunView, StageView } from './run-view.ts';

/** How long stages took when they last ended well, in seconds, by name: what to expect. */
export type Expected = Readonly<Record<string, number>>;

/** Below it a fraction says nothing of the pace. */
const FRACTION_MIN = 0.02;

/** Until a stage has ended. */
export interface StageLeft {
  readonly seconds: number;
  /** By how long it took in earlier runs, whatever was changed since. Else by its own words or its pace. */
  readonly isByEarlierRuns: boolean;
}

/** 0 s when it has ended; undefined = nobody knows. */
export function stageLeft(stage: StageView, now: Date, expected: Expected): StageLeft | undefined {
  const byEarlier = (seconds: number | undefined): StageLeft | undefined =>
    seconds === undefined ? undefined : { seconds, isByEarlierRuns: true };
  const usual = Object.hasOwn(expected, stage.name) ? expected[stage.name] : undefined;
  switch (stage.phase) {
    case 'Pending':
    case 'AwaitingApproval':
    case 'Preparing':
    case 'Submitted':
    case 'Waiting':
    case 'Retrying':
      return byEarlier(usual);
    case 'Running': {
      const seconds = saidLeft(stage, now);
      return seconds === undefined ? byEarlier(usualLeft(stage, now, usual)) : { seconds, isByEarlierRuns: false };
    }
    default:
      return { seconds: 0, isByEarlierRuns: false };
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
  const left = stages.map((stage) => stageLeft(stage, now, expected)?.seconds);
  const known = left.filter((seconds) => seconds !== undefined);
  const seconds = known.reduce((sum, one) => sum + one, 0);
  return seconds === 0 ? undefined : { seconds, isLeast: known.length < left.length };
}

function hasEndedBadly({ phase }: StageView): boolean {
  return ['Refused', 'Failed', 'CannotStart', 'Cancelled', 'Lost'].includes(phase);
}

function saidLeft({ about, since }: StageView, now: Date): number | undefined {
  return about?.told === undefined ? undefined : paceLeft(about.told, since, now);
}

/** Seconds by an attempt's own words, or by its pace `since` it started. Undefined = it says nothing, or too little. */
export function paceLeft({ at, progress }: ToldProgress, since: string | undefined, now: Date): number | undefined {
  const { etaSeconds, fraction } = progress;
  const past = secondsBetween(at, now.toISOString()) ?? 0;
  if (etaSeconds !== undefined) return Math.max(0, etaSeconds - past);
  const took = secondsBetween(since, at);
  if (fraction === undefined || fraction < FRACTION_MIN || took === undefined || took === 0) return undefined;
  return Math.max(0, (took * (1 - fraction)) / fraction - past);
}

/** A stage that takes longer than it did may take any time. */
function usualLeft({ since }: StageView, now: Date, usual: number | undefined): number | undefined {
  const ran = secondsBetween(since, now.toISOString());
  if (usual === undefined || ran === undefined || ran >= usual) return undefined;
  return usual - ran;
}
