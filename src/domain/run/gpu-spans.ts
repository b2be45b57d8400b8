import type { StageName } from '../naming.ts';
import type { RunRecord } from './run-record.ts';

/** A time in which an attempt of a run held GPUs. */
export interface GpuSpan {
  readonly stage: StageName;
  /** Counts from 1. */
  readonly attempt: number;
  readonly gpus: number;
  /** When its pod got its node, RFC 3339. */
  readonly from: string;
  /** When its main container began: until then its images, and the model servers beside it, were made ready. */
  readonly started: string;
  /** When it ended; absent while it holds them. */
  readonly to?: string;
}

/** When which attempt held GPUs, in the order of the pipeline. One that never began to run is left out. */
export function gpuSpans(record: RunRecord): readonly GpuSpan[] {
  return record.stages.flatMap((stage) =>
    stage.attempts.flatMap(({ attempt, gpus, at }) => {
      if (gpus === undefined || at.started === undefined) return [];
      // Another clock than the target's stamps an end that the target did not see.
      const to = at.ended ?? at.outcome;
      const from = at.placed ?? at.started;
      return [{ stage: stage.name, attempt, gpus, from, started: at.started, ...(to === undefined ? {} : { to }) }];
    }),
  );
}

/** The most GPUs that were held at one time. One that ends in the second in which another begins gives its GPUs up first. */
export function peakOf(spans: readonly GpuSpan[]): number {
  return Math.max(0, ...spans.map(({ from }) => heldAt(spans, Date.parse(from))));
}

function heldAt(spans: readonly GpuSpan[], time: number): number {
  const holding = spans.filter(
    ({ from, to }) => Date.parse(from) <= time && (to === undefined || Date.parse(to) > time),
  );
  return holding.reduce((sum, { gpus }) => sum + gpus, 0);
}
