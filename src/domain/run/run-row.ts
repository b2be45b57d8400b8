import { isDone, isUnasked, runPhase, type ShownPhase, shownPhase } from './run-phase.ts';
import type { RunRecord } from './run-record.ts';

/** What a list tells of a run; a record may be a thousand times as large. */
export interface RunRow {
  readonly name: string;
  readonly pipeline: string;
  readonly target: RunRecord['target'];
  /** While a driver lives, and when none does. */
  readonly phases: { readonly driven: ShownPhase; readonly undriven: ShownPhase };
  /** Those that were asked for, or are built on. */
  readonly stages: number;
  /** Of those, how many are done. */
  readonly done: number;
  readonly user: string;
  readonly createdAt: string;
}

/** The row of a run; of the record nothing else is kept. */
export function rowOf(record: RunRecord): RunRow {
  const asked = record.stages.filter((stage) => !isUnasked(stage));
  return {
    name: record.name,
    pipeline: record.pipeline.name,
    target: record.target,
    phases: {
      driven: shownPhase(record, runPhase(record, true)),
      undriven: shownPhase(record, runPhase(record, false)),
    },
    stages: asked.length,
    done: asked.filter(isDone).length,
    user: record.createdBy.user,
    createdAt: record.createdAt,
  };
}
