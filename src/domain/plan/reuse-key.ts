import { STORE_SIDECAR } from '../attempt/store-sidecar.ts';
import { sha256 } from '../data/digest.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { changeText, type JsonChange, jsonChanges } from '../json-changes.ts';
import type { ReuseParts } from './plan.ts';
import { containersOf } from './workload.ts';

/** The stage contract this program speaks; part of every reuse key. */
const CONTRACT_VERSION = '1';

/** What a reuse key is made from. */
export interface ReuseInput {
  /** Rendered with placeholder bindings. */
  readonly objects: readonly JsonObject[];
  /** Image reference -> identity. */
  readonly images: Readonly<Record<string, string>>;
  /** `params.json`, rendered with placeholder bindings. */
  readonly params: JsonObject;
  /** Input name -> digest. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The parameters of the pipeline, to name what changed as people know it. */
  readonly values: JsonObject;
}

/** What decides whether an earlier result can stand in: never where or how generously the stage runs. */
export function reuseParts(input: ReuseInput): ReuseParts {
  const containers: Record<string, Json> = {};
  for (const container of containersOf(input.objects)) {
    // It keeps what the stage makes, and makes nothing.
    if (container['name'] === STORE_SIDECAR) continue;
    const { name, image, command, args, env } = container;
    const identity = typeof image === 'string' ? (input.images[image] ?? image) : '';
    containers[String(name)] = {
      image: identity,
      command: command ?? [],
      args: args ?? [],
      env: ownEnvironment(env ?? []),
    };
  }
  return {
    contract: CONTRACT_VERSION,
    containers,
    params: input.params,
    inputs: input.inputs,
    values: input.values,
  };
}

/** `PARAM_*` repeats params.json; left out so that a change is named once, by its parameter. */
function ownEnvironment(env: Json): Json {
  if (!Array.isArray(env)) return env;
  return env.filter((entry: Json) => !(isJsonObject(entry) && String(entry['name']).startsWith('PARAM_')));
}

/** SHA-256 in hex over the parts that count. */
export function reuseKey(parts: ReuseParts): string {
  const { contract, containers, params, inputs } = parts;
  return sha256(canonicalJson({ contract, containers, params, inputs }));
}

/** The key without the inputs: equal keys differ in nothing but what earlier stages make. */
export function ownKey(parts: ReuseParts): string {
  return reuseKey({ ...parts, inputs: {} });
}

/** What differs between two stages' parts, one phrase a leaf: `params.epochs changed 2 -> 3`. */
export function changedParts(before: ReuseParts, after: ReuseParts): readonly string[] {
  const typed = jsonChanges(before.values ?? {}, after.values ?? {}, 'params');
  const changes = jsonChanges(before.params, after.params, 'params').map((change) =>
    changeText(asTyped(change, typed)),
  );
  for (const name of new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])) {
    const [was, is] = [before.inputs[name], after.inputs[name]];
    if (was !== is)
      changes.push(
        was === undefined
          ? `input ${name} is new`
          : is === undefined
            ? `input ${name} is gone`
            : `input ${name} changed`,
      );
  }
  const engines = { before: identities(before), after: identities(after) };
  if (engines.before !== engines.after) changes.push('the program of the stage changed');
  if (before.contract !== after.contract) changes.push('the stage contract changed');
  const [was, is] = [withoutImages(before.containers), withoutImages(after.containers)];
  return [...changes, ...jsonChanges(was, is, 'containers').map(changeText)];
}

/** The parameter of the pipeline that a stage's parameter was made from, where it can be told: people know that name. */
function asTyped(change: JsonChange, typed: readonly JsonChange[]): JsonChange {
  const name = change.path.slice(change.path.lastIndexOf('.'));
  const same = (a: Json | undefined, b: Json | undefined): boolean =>
    canonicalJson(a ?? null) === canonicalJson(b ?? null);
  const matches = typed.filter(
    ({ path, before, after }) => path.endsWith(name) && same(before, change.before) && same(after, change.after),
  );
  return matches.length === 1 && matches[0] !== undefined ? matches[0] : change;
}

function identities(parts: ReuseParts): string {
  return canonicalJson(
    Object.values(parts.containers).map((entry) => (isJsonObject(entry) ? (entry['image'] ?? '') : '')),
  );
}

function withoutImages(containers: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(containers).map(([name, entry]) => [name, isJsonObject(entry) ? { ...entry, image: '' } : entry]),
  );
}
