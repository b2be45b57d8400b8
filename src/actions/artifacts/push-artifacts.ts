import { UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ArtifactArchive, StoredAttempt } from '../../ports/artifact-archive.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';
import { openRun } from '../open-run.ts';
import { resultOf } from '../plan/past-results.ts';
import { readRun } from '../read-run.ts';

/** A stage whose outputs are stored. */
export interface PushedStage extends StoredAttempt {
  readonly stage: string;
  /** The run that made them; another one when the stage was reused. */
  readonly run: string;
}

/** Opens the object storage that pod settings name; see the port for what it throws. */
export type OpenArchive = (pod: JsonObject) => Promise<ArtifactArchive>;

/**
 * Stores what a run's stages made where its settings say; `stages` picks some, empty = all. What is stored already costs a
 * look a file. Throws `not-found` for a stage that made nothing.
 */
export async function pushArtifacts(
  deps: Deps,
  { run: name, stages }: { readonly run: string; readonly stages: readonly string[] },
  { openArchive, signal }: { readonly openArchive: OpenArchive; readonly signal: AbortSignal },
): Promise<readonly PushedStage[]> {
  const { record } = await readRun(deps, name);
  const made = record.stages.flatMap((stage) => {
    const past = resultOf(record.name, stage);
    return past === undefined ? [] : [{ stage: stage.name as string, ...past }];
  });
  const missing = stages.find((stage) => !made.some((one) => one.stage === stage));
  if (missing !== undefined) {
    throw new UserError('not-found', `stage ${missing} of run ${name} has made nothing`, {
      hint: made.length === 0 ? 'no stage of it has' : `stages that have: ${made.map(({ stage }) => stage).join(', ')}`,
    });
  }
  const { pipeline } = await openRun(deps, name);
  const archive = await openArchive(pipeline.pod);
  const pushed: PushedStage[] = [];
  try {
    for (const { stage, origin, result } of made) {
      if (stages.length > 0 && !stages.includes(stage)) continue;
      const ref = origin as AttemptRef;
      const reader = {
        listing: (path: string) => deps.artifacts.listing(ref, path, signal),
        read: (path: string, from: number) => deps.artifacts.read(ref, path, from, signal),
      };
      const stored = await archive.store({ ...origin, result }, reader, signal);
      pushed.push({ stage, run: origin.run, ...stored });
    }
    return pushed;
  } finally {
    archive.close();
    await deps.artifacts.release();
  }
}
