import type { JsonObject } from '../../domain/json.ts';
import type { Problem, SourceFile } from '../../domain/pipeline/source-file.ts';
import { type Compiled, compiled } from '../../template/compiled.ts';
import { compileSchema, ParamSchema } from '../../template/schema/param-schema.ts';
import { readSchema } from '../../template/schema/schema-reader.ts';
import type { TypeScope } from '../../template/scope.ts';
import { compileTemplate } from '../../template/template.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import { type PipelineFile, readPipelineFile } from './pipeline-file.ts';
import { fileOf, nameOfFolder, type PipelineSource, partialsOf } from './pipeline-source.ts';
import { readGraph } from './stage-graph.ts';
import { StageLoader } from './stage-loader.ts';
import { pipelineScopes } from './stage-scopes.ts';

export interface LoadOptions {
  /** The program's commands: no stage may be named like one. */
  readonly commands: readonly string[];
  /** By stage, the one variant whose template is wanted; absent = all, each with its faults. */
  readonly variants?: Readonly<Record<string, string>>;
}

const NO_PARAMS: JsonObject = { type: 'object', additionalProperties: false, properties: {} };

/** A pipeline whose file is read and whose templates are not yet. */
export interface ParsedPipeline {
  readonly source: PipelineSource;
  readonly file: PipelineFile;
}

/** Reads a pipeline's file; its faults are told by `compilePipeline`, together with those of its templates. */
export function parsePipeline(source: PipelineSource, commands: LoadOptions['commands']): ParsedPipeline {
  const nothing = { path: `${source.folder}/pipeline.yaml`, text: '' };
  const file = fileOf(source, 'pipeline.yaml') ?? nothing;
  return { source, file: readPipelineFile(file, { commands, folder: nameOfFolder(source.folder) }) };
}

/** Reads a pipeline with all it includes. Every fault of every file is told together. */
export function loadPipeline(source: PipelineSource, options: LoadOptions): Compiled<LoadedPipeline> {
  return compilePipeline(parsePipeline(source, options.commands), options.variants);
}

/** Compiles what the pipeline's file leads to. */
export function compilePipeline(
  { source, file }: ParsedPipeline,
  variants?: LoadOptions['variants'],
): Compiled<LoadedPipeline> {
  const problems: Problem[] = [];
  const schema = readParams(file, problems);
  const graph = readGraph(file);
  const partials = partialsOf(source);
  const context = {
    reader: file.reader,
    source,
    partials,
    compiled: onceForEach((template: SourceFile, scope: TypeScope) =>
      compileTemplate({ file: template, scope, partials }),
    ),
    schema: file.params ?? NO_PARAMS,
    scopes: pipelineScopes(schema ?? 'dyn'),
    graph,
    ...(variants === undefined ? {} : { variants }),
  };
  const stages = graph.order.map((section) => new StageLoader(context, section, problems).load());
  return compiled([...file.reader.problems, ...problems], () => ({
    pipeline: {
      name: file.name,
      version: file.version,
      params: context.schema,
      stages: stages.map(({ stage }) => stage),
    },
    ...(file.title === undefined ? {} : { title: file.title }),
    schema: schema as ParamSchema,
    stages: new Map(stages.map((stage) => [stage.stage.name, stage])),
  }));
}

function onceForEach<T>(compile: (file: SourceFile, scope: TypeScope) => T): (file: SourceFile, scope: TypeScope) => T {
  const known = new Map<SourceFile, Map<TypeScope, T>>();
  return (file, scope) => {
    const ofFile = known.get(file) ?? new Map<TypeScope, T>();
    known.set(file, ofFile);
    const found = ofFile.get(scope) ?? compile(file, scope);
    ofFile.set(scope, found);
    return found;
  };
}

/** The parameters that a pipeline takes; undefined when their schema has faults, which go to `problems`. */
export function readParams(file: PipelineFile, problems: Problem[]): ParamSchema | undefined {
  if (file.params === undefined) return new ParamSchema(NO_PARAMS, readSchema(NO_PARAMS, { strict: true }).type);
  const schema = compileSchema(file.params, { file: file.reader.file, path: ['params'] });
  if (schema.kind === 'ok') return schema.value;
  problems.push(...schema.problems);
  return undefined;
}
