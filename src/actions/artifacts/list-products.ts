import type { Deps } from '../deps.ts';
import { openRun } from '../open-run.ts';
import { resultOf } from '../plan/past-results.ts';
import { readRun } from '../read-run.ts';
import { placeIn } from './find-artifacts.ts';

/** An artifact that no stage of the run took further: what the run was for. */
export interface Product {
  /** `publish/registry`. */
  readonly name: string;
  /** The deepest folder that holds all of it, on this machine; absent when the workspace is elsewhere. */
  readonly location?: string;
  /** Its files, relative to `location`. */
  readonly files: readonly string[];
}

/** What a run made for the person, in the order of its stages. */
export async function listProducts(deps: Deps, name: string): Promise<readonly Product[]> {
  const { record } = await readRun(deps, name);
  const { pipeline } = await openRun(deps, name);
  const skipped = new Set(record.stages.filter((stage) => stage.decision?.kind === 'skip').map((stage) => stage.name));
  const taken = new Set(
    pipeline.pipeline.stages
      .filter((stage) => !skipped.has(stage.name))
      .flatMap((stage) =>
        stage.inputs.flatMap((input) => (input.kind === 'output' ? input.from.map((ref) => ref.stage) : [])),
      ),
  );
  const products: Product[] = [];
  for (const stage of record.stages.filter((candidate) => !taken.has(candidate.name))) {
    const past = resultOf(record.name, stage);
    if (past === undefined) continue;
    const ref = past.origin as Parameters<typeof deps.artifacts.folder>[0];
    for (const artifact of past.result.artifacts) {
      const files = await deps.artifacts.files(ref, artifact);
      const shared = sharedFolder(files);
      const folder = deps.artifacts.folder(ref);
      const location = folder === undefined ? undefined : [placeIn(folder, artifact.path), ...shared].join('/');
      products.push({
        name: `${stage.name}/${artifact.name}`,
        ...(location === undefined ? {} : { location }),
        files: files.map((file) => file.split('/').slice(shared.length).join('/')),
      });
    }
  }
  return products;
}

/** The folders that every file lies in. */
function sharedFolder(files: readonly string[]): readonly string[] {
  const [first = '', ...others] = files;
  const folders = first.split('/').slice(0, -1);
  const depth = folders.findIndex((_, index) => {
    const prefix = `${folders.slice(0, index + 1).join('/')}/`;
    return others.some((file) => !file.startsWith(prefix));
  });
  return depth < 0 ? folders : folders.slice(0, depth);
}
