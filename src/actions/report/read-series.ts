import { UserError } from '../../domain/errors.ts';
import type { AttemptOrigin } from '../../domain/plan.ts';
import { type Series, SeriesCollector } from '../../domain/report/series.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';
import { resultOf } from '../past-results.ts';
import { readProgress } from '../read-progress.ts';

/** What the attempts of a run told of themselves while they ran, those of other runs that it took over too. */
export async function readSeries(
  deps: Deps,
  record: RunRecord,
  signal: AbortSignal,
  tell: (sentence: string) => void,
): Promise<readonly Series[]> {
  const series: Series[] = [];
  for (const { origin, started } of await attemptsOf(deps, record)) {
    const collector = new SeriesCollector(started);
    try {
      for await (const said of readProgress(deps.target, origin as AttemptRef, { follow: false }, signal)) {
        if (said.kind === 'progress') collector.add(said.time, said.progress);
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      tell(`the log of ${origin.stage}, attempt ${origin.attempt}, could not be read: ${error.message}`);
    }
    series.push(...collector.series(origin));
  }
  return series;
}

interface LoggedAttempt {
  readonly origin: AttemptOrigin;
  readonly started?: string;
}

async function attemptsOf(deps: Deps, record: RunRecord): Promise<readonly LoggedAttempt[]> {
  const found: LoggedAttempt[] = [];
  for (const stage of record.stages) {
    for (const { attempt, uid, at } of stage.attempts) {
      if (uid === undefined || at.started === undefined) continue;
      found.push({ origin: { run: record.name, stage: stage.name, attempt }, started: at.started });
    }
    if (stage.decision?.kind !== 'reuse') continue;
    const origin = resultOf(record.name, stage)?.origin;
    // A run that is gone took its logs with it.
    const other = origin === undefined ? undefined : (await deps.store.read(origin.run))?.record;
    if (origin === undefined || other === undefined) continue;
    const started = other.stages
      .find(({ name }) => name === origin.stage)
      ?.attempts.find(({ attempt }) => attempt === origin.attempt)?.at.started;
    found.push({ origin, ...(started === undefined ? {} : { started }) });
  }
  return found;
}
