import type { RunEvent } from '../../domain/event.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import { type Deps, timestamp } from '../deps.ts';

/** The first event of every stream; `selected`: the stages that were asked for, as far as that is known. */
export function startedEvent(deps: Deps, record: RunRecord, driving: boolean, selected?: readonly string[]): RunEvent {
  const stages = record.stages.map((stage) => stage.name);
  const asked = stages.filter((name) => selected === undefined || selected.includes(name));
  return {
    type: 'run-started',
    time: timestamp(deps.clock),
    run: record.name,
    id: record.id,
    pipeline: record.pipeline.name,
    target: record.target,
    stages,
    ...(asked.length === stages.length ? {} : { selected: asked }),
    driving,
  };
}
