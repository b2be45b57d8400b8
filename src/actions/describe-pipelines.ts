import { findPipeline, listPipelines, readPipelineSource, readProfiles } from '../config/library.ts';
import { loadPipeline } from '../config/load-pipeline.ts';
import { configPlaces } from '../config/places.ts';
import { readSettingsFile } from '../config/settings-file.ts';
import { UserError } from '../domain/errors.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import { formatProblems, type ParamLeaf } from '../template/index.ts';
import type { ProjectRequest } from './open-project.ts';

/** Where a person stands when they ask for pipelines. */
export type LibraryRequest = Pick<ProjectRequest, 'packageRoot' | 'cwd' | 'home' | 'env' | 'project' | 'commands'>;

/** A pipeline that can be named. */
export interface PipelineSummary {
  readonly name: string;
  /** The folder, as people know it: `templates/hello`, `pipelines/mine`. */
  readonly folder: string;
}

/** What `pipelines show` tells; names in the order of the pipeline file. */
export interface PipelineDescription extends PipelineSummary {
  readonly version: string;
  readonly title?: string;
  readonly stages: readonly {
    readonly name: string;
    readonly needs: readonly string[];
    readonly engines: readonly string[];
    readonly variants: readonly string[];
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    /** What gates and `--require` may name; absent = the pipeline does not say. */
    readonly metrics?: readonly string[];
  }[];
  readonly profiles: readonly { readonly name: string; readonly target: string }[];
  readonly params: readonly ParamLeaf[];
}

/** The pipelines of the project and ours, by name. */
export async function listPipelineSummaries(
  files: SourceFiles,
  request: LibraryRequest,
): Promise<readonly PipelineSummary[]> {
  const entries = await listPipelines(files, placesOf(request));
  return entries.map(({ name, folder }) => ({ name, folder }));
}

/** One pipeline with its stages, profiles and parameters. Throws `unknown-pipeline`, `bad-pipeline`. */
export async function describePipeline(
  files: SourceFiles,
  request: LibraryRequest,
  name: string,
): Promise<PipelineDescription> {
  const places = placesOf(request);
  const entry = await findPipeline(files, places, name);
  const [source, profiles] = await Promise.all([
    readPipelineSource(files, places, entry),
    readProfiles(files, places, entry),
  ]);
  const loaded = loadPipeline(source, { commands: request.commands });
  if (loaded.kind === 'problems') {
    throw new UserError(
      'bad-pipeline',
      `the pipeline in ${entry.folder} cannot be used\n\n${formatProblems(loaded.problems)}\n`,
    );
  }
  const { pipeline, title, schema } = loaded.value;
  return {
    name: pipeline.name,
    folder: entry.folder,
    version: pipeline.version,
    ...(title === undefined ? {} : { title }),
    stages: pipeline.stages.map((stage) => ({
      name: stage.name,
      needs: stage.needs,
      engines: Object.keys(stage.engines),
      variants: Object.keys(stage.variants),
      inputs: stage.inputs.map((input) => input.name),
      outputs: stage.outputs,
      ...(stage.metrics === undefined ? {} : { metrics: stage.metrics }),
    })),
    profiles: profiles.map((profile) => {
      const { target } = readSettingsFile('profile', profile.file, profile.base);
      return { name: profile.name, target: target?.value ?? 'local' };
    }),
    params: schema.leaves(),
  };
}

function placesOf({ packageRoot, cwd, home, env, project }: LibraryRequest) {
  return configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
}
