import { findPipeline, readPipelineSource, readProfiles } from '../../config/pipelines/library.ts';
import { loadPipeline } from '../../config/pipelines/load-pipeline.ts';
import { readSettingsFile } from '../../config/settings/settings-file.ts';
import { UserError } from '../../domain/errors.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import { formatProblems, type ParamLeaf } from '../../template/index.ts';
import { type LibraryRequest, libraryPlaces, type PipelineSummary } from './list-pipelines.ts';

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

/** One pipeline with its stages, profiles and parameters. Throws `unknown-pipeline`, `bad-pipeline`. */
export async function describePipeline(
  files: SourceFiles,
  request: LibraryRequest,
  name: string,
): Promise<PipelineDescription> {
  const places = libraryPlaces(request);
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
