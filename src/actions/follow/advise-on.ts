import { unreachable } from '../../domain/errors.ts';
import type { StageName } from '../../domain/naming.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import { type Advice, adviceFor } from '../../domain/training/advice.ts';
import type { Deps } from '../deps.ts';
import { type OpenRun, openRun } from '../open-run.ts';
import type { RunDocument } from '../plan/run-document.ts';
import { typedAgain } from '../typed-again.ts';
import type { Advise, Counsel } from './read-progress.ts';

/** What to change against the faults of a run's stages. The run's pipeline is opened only for a warning. */
export function adviserOf(deps: Deps, run: string): (stage: StageName) => Advise {
  let opened: Promise<OpenRun> | undefined;
  return (stage) => async (kind) => {
    opened ??= openRun(deps, run);
    const { document, pipeline } = await opened;
    return adviserIn({ run, stage, document, pipeline })(kind);
  };
}

interface AdvisedStage {
  readonly run: string;
  readonly stage: StageName;
  readonly document: RunDocument;
  readonly pipeline: Pick<RenderablePipeline, 'pipeline' | 'choice' | 'params'>;
}

/** The same where the run is open. */
export function adviserIn({ run, stage, document, pipeline }: AdvisedStage): (kind: Parameters<Advise>[0]) => Counsel {
  const engines = pipeline.pipeline.stages.find(({ name }) => name === stage)?.engines;
  return (kind) => {
    const { fix, how } = adviceFor(kind, engines?.[pipeline.choice(stage).engine]?.watch, pipeline.params);
    return { fix, ...commandFor(how, run, document) };
  };
}

function commandFor(how: Advice['how'], run: string, document: RunDocument): Pick<Counsel, 'command'> {
  switch (how.kind) {
    case 'change':
      return { command: typedAgain(document, how.set) };
    case 'resume':
      return { command: `ilab-backend resume ${run}` };
    case 'unknown':
      return {};
    default:
      return unreachable(how);
  }
}
