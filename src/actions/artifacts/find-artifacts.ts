import type { ArtifactResult } from '../../domain/attempt/outcome.ts';
import { UserError } from '../../domain/errors.ts';
import type { StageName } from '../../domain/naming.ts';
import type { AttemptOrigin } from '../../domain/plan/plan.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';
import { resultOf } from '../plan/past-results.ts';
import { readRun } from '../read-run.ts';

/** An artifact of a run, and whose attempt made it. */
export interface FoundArtifact extends ArtifactResult {
  /** `train/model`. */
  readonly id: string;
  readonly stage: StageName;
  /** Of another run when the stage was reused. */
  readonly origin: AttemptOrigin;
  readonly ref: AttemptRef;
}

/** Where an artifact lies below the folder of its attempt; a plain stage's is the folder. */
export function placeIn(folder: string, path: string): string {
  return path === '.' ? folder : `${folder}/${path}`;
}

/**
 * What a run made, in the order of its stages; `wanted` (`STAGE` or `STAGE/NAME`) picks some of it, empty = all. Throws
 * `not-found` for what it has not made.
 */
export async function findArtifacts(
  deps: Deps,
  name: string,
  wanted: readonly string[],
): Promise<readonly FoundArtifact[]> {
  const { record } = await readRun(deps, name);
  const found = record.stages.flatMap((stage): readonly FoundArtifact[] => {
    const past = resultOf(record.name, stage);
    if (past === undefined) return [];
    const { origin, result } = past;
    const ref = origin as AttemptRef;
    return result.artifacts.map((artifact) => ({
      ...artifact,
      ...{ id: `${stage.name}/${artifact.name}`, stage: stage.name, origin, ref },
    }));
  });
  const picks = (word: string) => (artifact: FoundArtifact) => artifact.id === word || artifact.stage === word;
  const missing = wanted.find((word) => !found.some(picks(word)));
  if (missing !== undefined) {
    const ids = found.map((artifact) => artifact.id);
    throw new UserError('not-found', `run ${name} has made no ${missing}`, {
      hint: ids.length === 0 ? 'it has made nothing yet' : `artifacts: ${ids.join(', ')}`,
    });
  }
  return wanted.length === 0 ? found : found.filter((artifact) => wanted.some((word) => picks(word)(artifact)));
}
