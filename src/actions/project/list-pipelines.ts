import { listPipelines } from '../../config/pipelines/library.ts';
import { type ConfigPlaces, configPlaces } from '../../config/places.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import type { ProjectRequest } from './open-project.ts';

/** Where a person stands when they ask for pipelines. */
export type LibraryRequest = Pick<ProjectRequest, 'packageRoot' | 'cwd' | 'home' | 'env' | 'project' | 'commands'>;

/** A pipeline that can be named. */
export interface PipelineSummary {
  readonly name: string;
  /** The folder, as people know it: `templates/hello`, `pipelines/mine`. */
  readonly folder: string;
}

/** The pipelines of the project and ours, by name. No file of theirs is parsed: somebody waits at the keyboard. */
export async function listPipelineSummaries(
  files: SourceFiles,
  request: LibraryRequest,
): Promise<readonly PipelineSummary[]> {
  const entries = await listPipelines(files, libraryPlaces(request));
  return entries.map(({ name, folder }) => ({ name, folder }));
}

/** The folders and files that such a request is about. */
export function libraryPlaces({ packageRoot, cwd, home, env, project }: LibraryRequest): ConfigPlaces {
  return configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
}
