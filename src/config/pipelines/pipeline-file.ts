import type { Node } from 'yaml';
import type { JsonObject } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import { FileReader } from '../file-reader.ts';
import { readStage, type StageSection } from '../settings/stage-section.ts';

export const API_VERSION = 'ilab-backend.dev/v1alpha1';

/** A pipeline file as read: shapes are checked, references and expressions are not. */
export interface PipelineFile {
  readonly reader: FileReader;
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  /** The JSON Schema of the parameters; absent = there are none. */
  readonly params?: JsonObject;
  /** In the order of the file; the names are unique. */
  readonly stages: readonly StageSection[];
}

export interface PipelineFileOptions {
  /** Names that no stage may have. */
  readonly commands: readonly string[];
  /** The name of the folder the file lies in: the pipeline's name. */
  readonly folder: string;
}

const FIELDS = ['apiVersion', 'kind', 'metadata', 'params', 'stages'];

/** Runs are named `<pipeline>-<6 random>` and have room for 30 characters. */
const PIPELINE_NAME = /^[a-z]([-a-z0-9]{0,21}[a-z0-9])?$/;

/** Reads the file; its faults are in `reader.problems`. */
export function readPipelineFile(file: SourceFile, options: PipelineFileOptions): PipelineFile {
  const reader = new FileReader(file);
  const top = reader.fields(reader.root, 'the pipeline', { known: FIELDS });
  const empty = { reader, name: options.folder, version: '0', stages: [] };
  if (top === undefined) return empty;
  reader.oneOf(reader.required(top, 'apiVersion', 'the pipeline'), '`apiVersion`', [API_VERSION]);
  reader.oneOf(reader.required(top, 'kind', 'the pipeline'), '`kind`', ['Pipeline']);
  const params = reader.object(top.entries.get('params')?.value, '`params`');
  return {
    ...empty,
    ...readMetadata(reader, reader.required(top, 'metadata', 'the pipeline'), options),
    ...(params === undefined ? {} : { params }),
    stages: readStages(reader, reader.required(top, 'stages', 'the pipeline'), options),
  };
}

function readMetadata(reader: FileReader, node: Node | undefined, options: PipelineFileOptions) {
  const metadata = reader.fields(node, '`metadata`', { known: ['name', 'version', 'title'] });
  if (metadata === undefined) return {};
  const nameNode = reader.required(metadata, 'name', '`metadata`');
  const name = reader.text(nameNode, '`metadata.name`');
  if (nameNode !== undefined && name !== undefined && name !== options.folder) {
    const hint = `name it \`${options.folder}\`, or rename the folder`;
    reader.report(nameNode, `the pipeline \`${name}\` lies in a folder \`${options.folder}\``, hint);
  } else if (nameNode !== undefined && name !== undefined && !PIPELINE_NAME.test(name)) {
    const rule = 'at most 23 lower-case letters, digits and hyphens, a letter first';
    reader.report(nameNode, `\`${name}\` is no name of a pipeline: ${rule}`);
  }
  const version = reader.text(reader.required(metadata, 'version', '`metadata`'), '`metadata.version`');
  const title = reader.text(metadata.entries.get('title')?.value, '`metadata.title`');
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(title === undefined ? {} : { title }),
  };
}

function readStages(reader: FileReader, node: Node | undefined, options: PipelineFileOptions): readonly StageSection[] {
  const fields = reader.fields(node, '`stages`');
  if (fields === undefined) return [];
  if (fields.entries.size === 0) reader.report(fields.node, 'the pipeline has no stage', 'add one below `stages:`');
  const sections: StageSection[] = [];
  for (const entry of fields.entries.values()) {
    if (options.commands.includes(entry.name)) {
      const hint = 'give it another name: `ilab-backend <stage>` runs a stage alone';
      reader.report(entry.key, `a stage cannot be named \`${entry.name}\`, like a command of the program`, hint);
    }
    sections.push(readStage(reader, entry));
  }
  return sections;
}

/** The names of the stages, for hints. */
export function stageNames(file: PipelineFile): readonly StageName[] {
  return file.stages.map((stage) => stage.name);
}
