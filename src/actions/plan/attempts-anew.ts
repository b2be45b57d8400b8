import { attemptManifestKey } from '../../domain/attempt/attempt-key.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { AttemptRecord, RunRecord } from '../../domain/run/run-record.ts';
import type { Deps } from '../deps.ts';
import type { OpenRun } from '../open-run.ts';
import { attemptSpec } from './attempt-spec.ts';
import { bindInputs, type MadeBy } from './bind-inputs.ts';
import { madeBy, namedResult } from './past-results.ts';

/** The objects of one attempt, rendered anew from what is stored. */
export interface AttemptAnew {
  readonly stage: StageName;
  readonly attempt: number;
  /** Of what was submitted. */
  readonly digest: string;
  /** Whether the objects are those that were submitted. */
  readonly isSame: boolean;
  readonly objects: readonly JsonObject[];
}

/** The manifests of all attempts of a run: they are stored by digest only, and made from the stored sources again. */
export async function attemptsAnew(
  { store, target }: Pick<Deps, 'store' | 'target'>,
  record: RunRecord,
  { pipeline, document }: OpenRun,
): Promise<readonly AttemptAnew[]> {
  const others = await Promise.all(
    [...new Set(Object.values(document.selection.inputs).map(({ run }) => run))].map((run) => store.read(run)),
  );
  const runs = others.flatMap((stored) => stored?.record ?? []);
  const own = madeBy(record);
  const made: MadeBy = (name) => {
    const [stage = '', run] = name.split('@');
    if (run === undefined) return own.get(stage);
    return runs.some((other) => other.name === run) ? namedResult(runs, stage, run) : undefined;
  };
  const source = { record, pipeline, document, target };
  const anew = (stage: Stage, { attempt, key }: AttemptRecord): AttemptAnew => {
    const { objects } = attemptSpec(source, stage, attempt, bindInputs(stage, document, made), key);
    const isSame = attemptManifestKey(record.id, stage.name, attempt, objects) === key;
    return { stage: stage.name, attempt, digest: key.slice(key.lastIndexOf('/') + 1), isSame, objects };
  };
  return pipeline.pipeline.stages.flatMap((stage) => {
    const stored = record.stages.find(({ name }) => name === stage.name);
    return (stored?.attempts ?? []).map((attempt) => anew(stage, attempt));
  });
}
