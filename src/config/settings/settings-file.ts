import type { Node } from 'yaml';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import { fileFaults, refuse, toCorrect } from '../faults.ts';
import { type Entry, FileReader } from '../file-reader.ts';
import { API_VERSION } from '../pipelines/pipeline-file.ts';
import { FILE_KEYS, type FileKey, isOfProfiles, PIPELINE_KEYS } from './file-keys.ts';

/** What one file says: a profile, a project file, a user file. Values stay nodes until the pipeline is known. */
export interface SettingsFile {
  readonly reader: FileReader;
  readonly kind: SettingsKind;
  /** The folder that relative paths in it start from, absolute. */
  readonly base: string;
  /** The pipeline that is meant when none is typed. Never in a profile. */
  readonly pipeline?: Named;
  /** The profile that this one is a change of. Only in a profile. */
  readonly extends?: Named;
  readonly target?: { readonly value: TargetKind; readonly node: Node };
  readonly pod?: Node;
  readonly images?: Node;
  readonly notify?: Node;
  /** What belongs to the pipeline the file is about. */
  readonly own: PipelineSettings;
  /** What belongs to other pipelines, by name. Never in a profile. */
  readonly others: ReadonlyMap<string, { readonly key: Node; readonly settings: PipelineSettings }>;
}

/** What a file says for one pipeline. */
export interface PipelineSettings {
  readonly profile?: Named;
  readonly params?: Node;
  readonly stages?: Node;
  readonly overlays?: Node;
}

/** A name, and where it stands. */
export interface Named {
  readonly name: string;
  readonly node: Node;
}

/** Which of the files that hold settings: of a profile, of a project, of a person. */
export type SettingsKind = 'profile' | 'project' | 'user';
export type TargetKind = 'local' | 'kubernetes';

const KINDS = { profile: 'Profile', project: 'Project', user: 'User' } as const;
const KEYS = Object.keys(FILE_KEYS) as readonly FileKey[];
const FIELDS = {
  profile: [...KEYS.filter(isOfProfiles), 'metadata', 'extends', 'target'],
  project: KEYS,
  user: KEYS,
};

/** Reads the file's shape; faults are in `reader.problems`. */
export function readSettingsFile(kind: SettingsKind, file: SourceFile, folder: string): SettingsFile {
  const reader = new FileReader(file);
  const what = `the ${kind}${kind === 'profile' ? '' : ' file'}`;
  const nothing: SettingsFile = { reader, kind, base: folder, own: {}, others: new Map() };
  const fields = reader.fields(reader.root, what, { known: FIELDS[kind], meant: true });
  if (fields === undefined) return nothing;
  const part = (name: string) => fields.entries.get(name)?.value;
  reader.oneOf(reader.required(fields, 'apiVersion', what), '`apiVersion`', [API_VERSION]);
  reader.oneOf(reader.required(fields, 'kind', what), '`kind`', [KINDS[kind]]);
  if (kind === 'profile') checkMetadata(reader, part('metadata'));
  const pipeline = readName(reader, part('pipeline'), '`pipeline`');
  const base = kind === 'profile' ? readName(reader, part('extends'), '`extends`') : undefined;
  const targetNode = kind === 'profile' ? reader.required(fields, 'target', what) : undefined;
  const target = reader.oneOf(targetNode, '`target`', ['local', 'kubernetes'] as const);
  return {
    ...nothing,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(base === undefined ? {} : { extends: base }),
    ...(targetNode === undefined || target === undefined ? {} : { target: { value: target, node: targetNode } }),
    ...nodes({ pod: part('pod'), images: part('images'), notify: part('notify') }),
    own: readPipelineSettings(reader, part),
    others: readOthers(reader, part('pipelines')),
  };
}

/** A file whose shape is wrong says nothing reliable: its faults come first. */
export function refuseFiles(files: readonly (SettingsFile | undefined)[]): void {
  const problems = files.flatMap((file) => file?.reader.problems ?? []);
  if (problems.length === 0) return;
  throw refuse('bad-config', 'the configuration cannot be used', fileFaults(problems), { hint: toCorrect(problems) });
}

/** A profile is named by its file; what it says of its name must agree. */
function checkMetadata(reader: FileReader, node: Node | undefined): void {
  const metadata = reader.fields(node, '`metadata`', { known: ['name', 'title'] });
  const nameNode = metadata?.entries.get('name')?.value;
  const name = reader.text(nameNode, '`metadata.name`');
  const file = reader.file.path.slice(reader.file.path.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  if (nameNode !== undefined && name !== undefined && name !== file) {
    reader.report(
      nameNode,
      `the profile \`${name}\` is in a file \`${file}\``,
      `name it \`${file}\`, or rename the file`,
    );
  }
  reader.text(metadata?.entries.get('title')?.value, '`metadata.title`');
}

function readPipelineSettings(reader: FileReader, part: (name: string) => Node | undefined): PipelineSettings {
  const profile = readName(reader, part('profile'), '`profile`');
  return {
    ...(profile === undefined ? {} : { profile }),
    ...nodes({ params: part('params'), stages: part('stages'), overlays: part('overlays') }),
  };
}

function readOthers(reader: FileReader, node: Node | undefined): SettingsFile['others'] {
  const entries = reader.entries(node, '`pipelines`').map((entry: Entry) => {
    const fields = reader.fields(entry.value, `pipeline \`${entry.name}\``, { known: PIPELINE_KEYS });
    const settings = readPipelineSettings(reader, (name) => fields?.entries.get(name)?.value);
    return [entry.name, { key: entry.key, settings }] as const;
  });
  return new Map(entries);
}

function readName(reader: FileReader, node: Node | undefined, what: string): Named | undefined {
  const name = reader.text(node, what);
  return node === undefined || name === undefined ? undefined : { name, node };
}

/** Without the keys whose node is absent. */
function nodes<K extends string>(all: Readonly<Record<K, Node | undefined>>): Partial<Record<K, Node>> {
  const present = Object.entries(all).filter(([, node]) => node !== undefined);
  return Object.fromEntries(present) as Partial<Record<K, Node>>;
}
