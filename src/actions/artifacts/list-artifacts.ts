import type { Deps } from '../deps.ts';
import { type FoundArtifact, findArtifacts, placeIn } from './find-artifacts.ts';

/** An artifact of a run with who made it and whether it is still what was recorded. */
export interface ListedArtifact extends Omit<FoundArtifact, 'id' | 'ref'> {
  /** Where it lies on this machine; absent when the workspace is elsewhere. */
  readonly location?: string;
  /** What differs from the record, one phrase a file; empty when nothing does. */
  readonly faults: readonly string[];
}

/** What a run made, in the order of its stages, each artifact checked: names and sizes, with `contents` the bytes too. */
export async function listArtifacts(
  deps: Deps,
  name: string,
  options: { readonly wanted: readonly string[]; readonly contents: boolean },
): Promise<readonly ListedArtifact[]> {
  try {
    const listed: ListedArtifact[] = [];
    for (const { id: _, ref, ...artifact } of await findArtifacts(deps, name, options.wanted)) {
      const folder = deps.artifacts.folder(ref);
      const faults = await deps.artifacts.verify(ref, artifact, options);
      listed.push({
        ...artifact,
        ...(folder === undefined ? {} : { location: placeIn(folder, artifact.path) }),
        faults,
      });
    }
    return listed;
  } finally {
    await deps.artifacts.release();
  }
}
