import { stringify } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { typeName } from '../template/schema/param-leaves.ts';
import { API_VERSION } from './pipelines/pipeline-file.ts';
import { valueAt } from './values/resolve-values.ts';

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
 * value that holds without it, or its type in angle brackets where there is none. A comment becomes a line at the right
 * column when its `#` is taken away, and that of every line it is indented under: nothing else is to be changed.
 */
export function draftText(draft: ProjectDraft): string {
  const { pipeline, profile, target, schema } = draft;
  return [
    '# What `ilab-backend run` means in this folder. A parameter in full: `ilab-backend explain NAME`; where each value',
    '# comes from: `ilab-backend config view --show-origin`. What stands behind a # holds anyway. To change it take away',
    '# its # and that of the lines above that it is indented under, nothing else; write a value for <...>.',
    `apiVersion: ${API_VERSION}`,
    'kind: Project',
    `pipeline: ${pipeline}`,
    profile === undefined ? '#profile: <string>' : `profile: ${profile}`,
    ...params(draft, schema),
    ...(target === 'local' ? [] : POD),
    '',
  ].join('\n');
}

const POD = [
  '#pod: # put on every pod',
  '#  serviceAccountName: <string>',
  '#  nodeSelector: {}',
  '#  tolerations: []',
  '#  queue: <string> # a LocalQueue of Kueue',
  '#  workspace: { size: 100Gi, storageClassName: <string> } # how the claim is made where there is none',
];

function params(draft: ProjectDraft, schema: JsonObject): readonly string[] {
  const isDead = draft.live.size === 0;
  const inner = fieldsOf(schema).flatMap(([name, own]) =>
    field(draft, own, { name, path: name, before: isDead ? '#  ' : '  ', isDead }),
  );
  return inner.length === 0 ? [] : [isDead ? '#params:' : 'params:', ...inner];
}

interface Place {
  readonly name: string;
  readonly path: string;
  /** What stands before it: spaces, and where all around it is a comment the `#` of the outermost one. */
  readonly before: string;
  readonly isDead: boolean;
}

function field(draft: ProjectDraft, own: JsonObject, { name, path, before, isDead }: Place): readonly string[] {
  const inside = fieldsOf(own);
  const isLive = draft.live.has(path) || [...draft.live.keys()].some((other) => other.startsWith(`${path}.`));
  const start = `${before}${isLive || isDead ? '' : '#'}`;
  if (inside.length === 0 || draft.live.has(path)) return [`${start}${leaf(draft, own, name, path)}`];
  return [
    `${start}${name}:${meaning(own)}`,
    ...inside.flatMap(([inner, schema]) =>
      field(draft, schema, { name: inner, path: `${path}.${inner}`, before: `${start}  `, isDead: isDead || !isLive }),
    ),
  ];
}

function leaf({ live, values }: ProjectDraft, own: JsonObject, name: string, path: string): string {
  const value = live.has(path) ? live.get(path) : valueAt(values, path);
  if (value !== undefined) return `${name}: ${inline(value)}${meaning(own)}`;
  // Without a value it would be null, which takes back what lower layers say.
  if (!live.has(path)) return `${name}: <${typeName(own)}>${meaning(own)}`;
  return `${name}: # fill in:${meaning(own).replace(' #', '')}`;
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
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0, version: '1.1' }).trim();
  // A text of several lines would go on below; as JSON has it, it stays on its own.
  return text.includes('\n') ? JSON.stringify(value) : text;
}
