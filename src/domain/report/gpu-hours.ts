import { secondsBetween } from '../run/record-events.ts';
import type { AttemptRecord, RunRecord } from '../run/run-record.ts';

/** Hours of one GPU. `requested` holds `held`; `held` is `productive` + `wasted` + `open`. */
export interface GpuHours {
  /** From submitting to the end: the wait for room too. */
  readonly requested: number;
  /** From getting a node to the end: what others could not use. */
  readonly held: number;
  /** Of attempts that ended well, from the start of their main container to its end. */
  readonly productive: number;
  /** Held by attempts that failed, were lost or cancelled, and by all before they started. */
  readonly wasted: number;
  /** Of attempts that are under way: nobody knows yet. */
  readonly open: number;
  /** Attempts with GPUs whose time on a node is not recorded; they count under `requested` only. */
  readonly unknown: number;
}

/** What a run's attempts asked for, held, and did with it; `now` (RFC 3339) ends what is under way. */
export function gpuHoursOf(record: RunRecord, now: string): GpuHours {
  const each = record.stages.flatMap(({ attempts }) => attempts.map((attempt) => hoursOf(attempt, now)));
  const sum = (of: (hours: GpuHours) => number): number =>
    Math.round(each.reduce((total, hours) => total + of(hours), 0) * 1e6) / 1e6;
  return {
    requested: sum(({ requested }) => requested),
    held: sum(({ held }) => held),
    productive: sum(({ productive }) => productive),
    wasted: sum(({ wasted }) => wasted),
    open: sum(({ open }) => open),
    unknown: sum(({ unknown }) => unknown),
  };
}

const NONE: GpuHours = { requested: 0, held: 0, productive: 0, wasted: 0, open: 0, unknown: 0 };

function hoursOf({ gpus, at, outcome }: AttemptRecord, now: string): GpuHours {
  if (gpus === undefined) return NONE;
  const hours = (from: string | undefined, to: string): number => ((secondsBetween(from, to) ?? 0) * gpus) / 3600;
  const end = at.ended ?? at.outcome ?? now;
  const requested = hours(at.bound, end);
  const from = at.placed ?? at.started;
  if (from === undefined) return { ...NONE, requested, unknown: 1 };
  const held = hours(from, end);
  const ran = hours(at.started, end);
  if (outcome === undefined) return { ...NONE, requested, held, wasted: held - ran, open: ran };
  const productive = outcome.kind === 'succeeded' ? ran : 0;
  return { ...NONE, requested, held, productive, wasted: held - productive };
}
