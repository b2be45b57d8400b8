import type { StageRecord } from '../../domain/run/run-record.ts';
import type { Deps } from '../deps.ts';
import { openRun } from '../open-run.ts';
import { readRun } from '../read-run.ts';
import { isPlaced, pinsOf } from './run-document.ts';

/**
 * Puts every folder that a run still needs where its stages read it: only the machine that planned the run has them, and
 * whoever drives it elsewhere cannot send them later. Idempotent; what is there costs a look. Throws `bad-input`.
 */
export async function placeSources(deps: Deps, name: string, signal: AbortSignal): Promise<void> {
  const { record } = await readRun(deps, name);
  const { document, pipeline } = await openRun(deps, name);
  for (const stage of record.stages) {
    if (!document.selection.selected.includes(stage.name) || needsNoData(stage)) continue;
    for (const { source, request } of pinsOf(document, stage.name)) {
      if (isPlaced(source)) await deps.sources.place(source, request, { pod: pipeline.pod, signal });
    }
  }
}

/** It is done by another run's result, or not to be done; or its data was there when it was submitted. */
function needsNoData({ decision, attempts }: StageRecord): boolean {
  if (decision !== undefined && decision.kind !== 'run') return true;
  return attempts.some((attempt) => attempt.uid !== undefined);
}
