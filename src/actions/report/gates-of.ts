import { UserError } from '../../domain/errors.ts';
import type { StageName } from '../../domain/naming.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { GateReport } from '../../domain/report/report.ts';
import type { RunRecord, StageRecord } from '../../domain/run/run-record.ts';
import type { Deps } from '../deps.ts';
import { madeBy, publishedBefore, readsPrevious, resultsOf } from '../plan/past-results.ts';
import type { RunDocument } from '../plan/run-document.ts';

type Verdict = Pick<GateReport, 'verdict' | 'reason'>;

/**
 * What every gate said, and with which figures. The verdict is the recorded one; the figures are those of the results that the run has,
 * so of a stage that was decided in an earlier epoch they may be newer ones.
 */
export async function gatesOf(
  deps: Deps,
  record: RunRecord,
  document: RunDocument,
  tell: (sentence: string) => void,
): Promise<readonly GateReport[]> {
  try {
    const pipeline = await deps.openPipeline(document.sources);
    const results = resultsOf(madeBy(record));
    const older = await olderRuns(deps, record, pipeline);
    return record.stages.flatMap((stage) => {
      const asking = pipeline.pipeline.stages.find(({ name }) => name === stage.name);
      const previous = asking === undefined ? {} : publishedBefore(older, record.pipeline.name, asking);
      const idle = idleGates(pipeline, stage.name);
      return pipeline.gates(stage.name, results, previous).map(({ kind, name, condition, sides }) => {
        const { verdict, reason } = kind === 'idle' || idle.has(name) ? IDLE : decided(stage, name);
        const shown = verdict === 'not judged' ? [] : sides;
        return {
          ...{ stage: stage.name, gate: name, condition, verdict, sides: shown },
          ...(reason === undefined ? {} : { reason }),
        };
      });
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    tell(`the gates could not be read: ${error.message}`);
    return [];
  }
}

/**
 * Gates that speak of results, and hold without any: their parameters turn them off. Runs of an earlier version have it in the
 * condition (`params.gate != 'x' || ...`), where later ones have `when`.
 */
function idleGates(pipeline: RenderablePipeline, stage: StageName): ReadonlySet<string> {
  const without = pipeline.gates(stage, {}, {}).filter(({ kind }) => kind === 'passed');
  return new Set(without.filter(({ condition }) => /\b(results|previous)\b/.test(condition)).map(({ name }) => name));
}

const IDLE: Verdict = { verdict: 'does not apply' };

function decided({ decision }: StageRecord, gate: string): Verdict {
  switch (decision?.kind) {
    case 'run':
    case 'reuse':
      return { verdict: 'passed' };
    case 'refuse':
      return decision.gate === gate ? { verdict: 'refused', reason: decision.reason } : { verdict: 'not judged' };
    case 'skip':
    case undefined:
      return { verdict: 'not judged' };
  }
}

/** Only where a gate holds results against those of an earlier run: all records are many. */
async function olderRuns(deps: Deps, record: RunRecord, pipeline: RenderablePipeline): Promise<readonly RunRecord[]> {
  if (!pipeline.pipeline.stages.some(({ gates }) => readsPrevious({ gates }))) return [];
  const runs = await deps.store.listAs(({ record: other }) => (other.createdAt < record.createdAt ? other : undefined));
  return runs.filter((run) => run !== undefined);
}
