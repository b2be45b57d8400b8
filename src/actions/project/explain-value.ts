import { explainValue as explain } from '../../config/explain-value.ts';
import { configPlaces } from '../../config/places.ts';
import type { Explanation } from '../../domain/explain/explanation.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import type { ProjectRequest } from './open-project.ts';

/** What a value is, where it comes from and who reads it; needs no other value. Throws `bad-params` for an unknown path. */
export function explainValue(files: SourceFiles, request: ProjectRequest, path: string): Promise<Explanation> {
  const { packageRoot, cwd, home, env, project, ...typed } = request;
  const places = configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
  return explain(files, { places, env, ...typed }, path);
}
