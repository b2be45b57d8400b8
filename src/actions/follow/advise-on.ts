import type { StageName } from '../../domain/naming.ts';
import { adviceFor } from '../../domain/training/advice.ts';
import type { Deps } from '../deps.ts';
import { type OpenRun, openRun } from '../open-run.ts';
import type { Advise } from './read-progress.ts';

/** What to change against the faults of a run's stages. The run's pipeline is opened only for a warning. */
export function adviserOf(deps: Deps, run: string): (stage: StageName) => Advise {
  let opened: Promise<OpenRun> | undefined;
  return (name) => async (kind) => {
    opened ??= openRun(deps, run);
    const { pipeline } = await opened;
    const stage = pipeline.pipeline.stages.find((one) => one.name === name);
    return adviceFor(kind, stage?.engines[pipeline.choice(name).engine]?.watch, pipeline.params);
  };
}
