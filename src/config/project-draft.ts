import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { API_VERSION } from './pipeline-file.ts';
import { valueAt } from './resolve-values.ts';

/** What a new project file is made of. */
export interface ProjectDraft {
  readonly pipeline: string;
  readonly profile: string | undefined;
  /** Where it runs: comments say what only counts there. */
  readonly target: 'local' | 'kubernetes';
  /** The parameters' schema. */
  readonly schema: JsonObject;
  /** What somebody chose, by dotted path; undefined = a line to fill in. */
  readonly live: ReadonlyMap<string, Json | undefined>;
  /** What holds without the file: the profile over the pipeline's defaults. */
  readonly values: JsonObject;
}

/**
 * The text of the file: what was chosen and what must be filled in as lines, every other parameter as a comment with the
 * value that holds without it. A comment becomes a line when its `# ` is taken away, outer ones first.
 */
export function draftText(draft: ProjectDraft): string {
  const { pipeline, profile, target, schema } = draft;
  return [
    '# What `ilab-backend run` means in this folder. A parameter in full: `ilab-backend explain NAME`; where each value comes',
    '# from: `ilab-backend config view --show-origin`. What stands behind # holds anyway: take the # away to change it.',
    `apiVersion: ${API_VERSION}`,
    'kind: Project',
    `pipeline: ${pipeline}`,
    profile === undefined ? '# profile: NAME' : `profile: ${profile}`,
    ...params(draft, schema),
    ...(target === 'local' ? [] : POD),
    '',
  ].join('\n');
}

const POD = [
  '# pod: # put on every pod',
  '#   serviceAccountName: NAME',
  '#   nodeSelector: {}',
  '#   tolerations: []',
  '#   queue: NAME # a LocalQueue of Kueue',
  '#   workspace: { size: 100Gi, storageClassName: NAME } # how the claim is made where there is none',
];

function params(draft: ProjectDraft, schema: JsonObject): readonly string[] {
  const inner = fieldsOf(schema).flatMap(([name, own]) =>
    field(draft, own, { name, path: name, indent: '  ', isDead: false }),
  );
  if (inner.length === 0) return [];
  return draft.live.size === 0
    ? ['params: {}', ...inner.map((line) => line.replace(/^ {2}/, ''))]
    : ['params:', ...inner];
}

interface Place {
  readonly name: string;
  readonly path: string;
  /** Spaces before it, and where it stands inside a comment those before its `# ` too. */
  readonly indent: string;
  /** All around it is a comment. */
  readonly isDead: boolean;
}

function field(draft: ProjectDraft, own: JsonObject, { name, path, indent, isDead }: Place): readonly string[] {
  const inside = fieldsOf(own);
  const isLive = draft.live.has(path) || [...draft.live.keys()].some((other) => other.startsWith(`${path}.`));
  const mark = isLive || isDead ? '' : '# ';
  const before = `${indent}${mark}`;
  if (inside.length === 0 || draft.live.has(path)) return [`${before}${leaf(draft, own, name, path)}`];
  return [
    `${before}${name}:${meaning(own)}`,
    ...inside.flatMap(([inner, schema]) =>
      field(draft, schema, { name: inner, path: `${path}.${inner}`, indent: `${before}  `, isDead: isDead || !isLive }),
    ),
  ];
}

function leaf({ live, values }: ProjectDraft, own: JsonObject, name: string, path: string): string {
  const value = live.has(path) ? live.get(path) : valueAt(values, path);
  const shown = value === undefined ? '' : ` ${inline(value)}`;
  const fill = live.has(path) && value === undefined ? ' # fill in:' : '';
  return fill === '' ? `${name}:${shown}${meaning(own)}` : `${name}:${fill}${meaning(own).replace(' #', '')}`;
}

/** Behind the value: what it is, and where nothing shows its form an example or what it may be. */
function meaning(own: JsonObject): string {
  const { title = own['description'], 'x-unit': unit } = own;
  const what = [title, typeof unit === 'string' ? `(${unit})` : undefined].filter((text) => typeof text === 'string');
  const words = [what.join(' '), form(own) ?? ''].filter((text) => text !== '').join('; ');
  return words === '' ? '' : ` # ${words.replace(/[\s\p{Cc}]+/gu, ' ')}`;
}

function form(own: JsonObject): string | undefined {
  const { enum: values, examples } = own;
  if (Array.isArray(values)) return values.map((value) => inline(value as Json)).join(', ');
  if (own['x-secret'] === true) return 'a reference: env:NAME, file:/PATH or SECRET/KEY';
  const [first] = Array.isArray(examples) ? (examples as readonly Json[]) : [];
  return first === undefined ? undefined : `for example ${inline(first)}`;
}

function fieldsOf(schema: JsonObject): readonly (readonly [string, JsonObject])[] {
  const { properties } = schema;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, own]) => (isJsonObject(own) ? [[name, own] as const] : []));
}

function inline(value: Json): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, version: '1.1' }).trim();
}
