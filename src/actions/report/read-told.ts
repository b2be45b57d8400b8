import { UserError } from '../../domain/errors.ts';
import type { AttemptOrigin } from '../../domain/plan/plan.ts';
import type { RunReport, WarningReport } from '../../domain/report/report.ts';
import { type Series, SeriesCollector } from '../../domain/report/series.ts';
import type { AttemptRecord, RunRecord } from '../../domain/run/run-record.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';
import { adviserOf } from '../follow/advise-on.ts';
import { readProgress } from '../follow/read-progress.ts';
import { resultOf } from '../plan/past-results.ts';

/** What the logs of a run's attempts tell: figures and warnings. Those of other runs that it took over too. */
export async function readTold(
  deps: Deps,
  record: RunRecord,
  signal: AbortSignal,
  tell: (sentence: string) => void,
): Promise<Pick<RunReport, 'series' | 'warnings'>> {
  const series: Series[] = [];
  const warnings: WarningReport[] = [];
  for (const { origin, started, ended } of await attemptsOf(deps, record)) {
    const collector = new SeriesCollector(started);
    const ref = origin as AttemptRef;
    const until = ended === undefined ? {} : { until: ended };
    const options = { follow: false, advise: adviserOf(deps, ref.run)(ref.stage), ...until };
    try {
      for await (const said of readProgress(deps.target, ref, options, signal)) {
        if (said.kind === 'progress') collector.add(said.time, said.progress);
        else warnings.push({ ...ref, at: said.time, ...said.warning });
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      tell(`the log of ${origin.stage}, attempt ${origin.attempt}, could not be read: ${error.message}`);
    }
    series.push(...collector.series(origin));
  }
  return { series, warnings };
}

interface LoggedAttempt {
  readonly origin: AttemptOrigin;
  readonly started?: string;
  readonly ended?: string;
}

async function attemptsOf(deps: Deps, record: RunRecord): Promise<readonly LoggedAttempt[]> {
  const found: LoggedAttempt[] = [];
  for (const stage of record.stages) {
    for (const { attempt, uid, at } of stage.attempts) {
      if (uid === undefined || at.started === undefined) continue;
      found.push({ origin: { run: record.name, stage: stage.name, attempt }, started: at.started, ...endOf(at) });
    }
    if (stage.decision?.kind !== 'reuse') continue;
    const origin = resultOf(record.name, stage)?.origin;
    // A run that is gone took its logs with it.
    const other = origin === undefined ? undefined : (await deps.store.read(origin.run))?.record;
    if (origin === undefined || other === undefined) continue;
    const at = other.stages
      .find(({ name }) => name === origin.stage)
      ?.attempts.find(({ attempt }) => attempt === origin.attempt)?.at;
    found.push({ origin, ...(at?.started === undefined ? {} : { started: at.started, ...endOf(at) }) });
  }
  return found;
}

function endOf({ ended, outcome }: AttemptRecord['at']): Pick<LoggedAttempt, 'ended'> {
  const end = ended ?? outcome;
  return end === undefined ? {} : { ended: end };
}
