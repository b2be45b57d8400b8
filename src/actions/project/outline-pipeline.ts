import { findPipeline, readProfiles } from '../../config/pipelines/library.ts';
import { readPipelineFile } from '../../config/pipelines/pipeline-file.ts';
import { configPlaces } from '../../config/places.ts';
import { choosePipeline, readProjectSettings } from '../../config/settings/project-settings.ts';
import { settingPaths } from '../../config/settings/setting-paths.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import { leavesOf, type ParamLeaf } from '../../template/schema/param-leaves.ts';
import type { LibraryRequest } from './list-pipelines.ts';

/** What of a pipeline can be typed. */
export interface PipelineOutline {
  readonly stages: readonly string[];
  readonly profiles: readonly string[];
  readonly params: readonly ParamLeaf[];
  /** What else `explain` knows: the other keys of a project file. */
  readonly settings: readonly Pick<ParamLeaf, 'path' | 'title' | 'description' | 'type'>[];
}

/** Reads one file and compiles nothing: somebody waits at the keyboard. `name` absent = the project's, the user's or our default. */
export async function outlinePipeline(
  files: SourceFiles,
  { packageRoot, cwd, home, env, project }: LibraryRequest,
  name: string | undefined,
): Promise<PipelineOutline> {
  const places = configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
  const chosen =
    name ?? choosePipeline(await readProjectSettings(files, places), { flag: '', name: undefined }, env).name;
  const entry = await findPipeline(files, places, chosen);
  const shown = `${entry.folder}/pipeline.yaml`;
  const [file, profiles] = await Promise.all([
    files.read(`${entry.path}/pipeline.yaml`, shown),
    readProfiles(files, places, entry),
  ]);
  const read = readPipelineFile(file ?? { path: shown, text: '' }, { commands: [], folder: entry.name });
  const { stages, params } = read;
  return {
    stages: stages.map((stage) => stage.name),
    profiles: profiles.map((profile) => profile.name),
    params: params === undefined ? [] : leavesOf(params),
    settings: settingPaths(read),
  };
}
