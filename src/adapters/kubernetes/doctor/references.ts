import type { Finding } from '../../../domain/diagnosis/finding.ts';
import { isJsonObject, type JsonObject } from '../../../domain/json.ts';
import { containersOf } from '../../../domain/plan/workload.ts';
import type { ClusterNeeds } from '../../../ports/doctor.ts';
import { at, type KubeApi, listAt, RESOURCES, type Resource, textAt } from '../api/kube-api.ts';
import { podTemplates } from '../target/workload.ts';
import { look } from './look.ts';

/** A Secret or ConfigMap that must be there before a pod starts, with the keys that are taken from it. */
interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly key?: string;
}

/** What the templates name and do not bring: whether it is there with its keys. No value of a Secret is kept or told. */
export async function referenceFindings(
  api: KubeApi,
  { stages, pod }: Pick<ClusterNeeds, 'stages' | 'pod'>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const objects = stages.flatMap((stage) => stage.objects);
  const brought = new Set(objects.map((object) => `${textAt(object, 'kind')}/${textAt(object, 'metadata', 'name')}`));
  const named = [...objects.flatMap(podTemplates), { spec: pod }].flatMap(referencesOf);
  const wanted = Map.groupBy(
    named.filter(({ kind, name }) => !brought.has(`${kind}/${name}`)),
    ({ kind, name }) => `${kind}/${name}`,
  );
  const findings: Finding[] = [];
  for (const references of wanted.values()) {
    const [first] = references;
    if (first !== undefined) findings.push(await referenceFinding(api, first, references, signal));
  }
  return findings;
}

async function referenceFinding(
  api: KubeApi,
  { kind, name }: Reference,
  references: readonly Reference[],
  signal: AbortSignal,
): Promise<Finding> {
  const keys = [...new Set(references.flatMap(({ key }) => key ?? []))];
  const seen = await look(() =>
    keysOf(api, kind === 'Secret' ? RESOURCES.secrets : RESOURCES.configMaps, name, signal),
  );
  const all = keys.length === 0 ? '' : ` with ${keys.join(', ')}`;
  if (seen.kind === 'hidden') {
    return {
      name: kind,
      state: 'warning',
      message: `${name}${all} is needed, and you may not look for it`,
      fix: `is it there? whoever may: \`kubectl -n ${api.place.namespace} describe ${kind.toLowerCase()} ${name}\``,
    };
  }
  const make = `make it: \`kubectl -n ${api.place.namespace} create ${kind === 'Secret' ? 'secret generic' : 'configmap'} ${name} ${keys
    .map((key) => `--from-literal=${key}=...`)
    .join(' ')}\``;
  if (seen.value === undefined) {
    return {
      name: kind,
      state: 'problem',
      message: `there is no ${kind} ${name}${all}`,
      fix: make.replace(/ `$/, '`'),
    };
  }
  const there = seen.value;
  const missing = keys.filter((key) => !there.includes(key));
  if (missing.length === 0) return { name: kind, state: 'ok', message: `${name}${all}` };
  return { name: kind, state: 'problem', message: `${kind} ${name} has no key ${missing.join(', ')}`, fix: 'add it' };
}

/** The keys of a Secret or ConfigMap, none of its values; undefined where there is no such object. */
export async function keysOf(
  api: KubeApi,
  resource: Resource,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const found = await api.get(resource, name, signal);
  if (found === undefined) return undefined;
  return ['data', 'binaryData'].flatMap((field) => Object.keys(objectOr(at(found, field))));
}

function referencesOf(template: JsonObject): readonly Reference[] {
  const spec = objectOr(template['spec']);
  const pulls = listAt(spec, 'imagePullSecrets').flatMap((entry) => secret(textAt(entry, 'name')));
  const volumes = listAt(spec, 'volumes').flatMap((volume) => [
    ...volumeReferences(volume),
    ...listAt(volume, 'projected', 'sources').flatMap(volumeReferences),
  ]);
  const env = containersOf([template]).flatMap((container) => [
    ...listAt(container, 'env').flatMap(envReferences),
    ...listAt(container, 'envFrom').flatMap((entry) => [
      ...secret(required(entry, 'secretRef')),
      ...configMap(required(entry, 'configMapRef')),
    ]),
  ]);
  return [...pulls, ...volumes, ...env];
}

function volumeReferences(volume: JsonObject): readonly Reference[] {
  const optional = at(volume, 'secret', 'optional') === true || at(volume, 'configMap', 'optional') === true;
  if (optional) return [];
  const keys = [...listAt(volume, 'secret', 'items'), ...listAt(volume, 'configMap', 'items')].flatMap(
    (item) => textAt(item, 'key') ?? [],
  );
  const secretName = textAt(volume, 'secret', 'secretName') ?? textAt(volume, 'secret', 'name');
  return [...secret(secretName, keys), ...configMap(textAt(volume, 'configMap', 'name'), keys)];
}

function envReferences(entry: JsonObject): readonly Reference[] {
  const from = objectOr(entry['valueFrom']);
  return [
    ...secret(required(from, 'secretKeyRef'), keyOf(from, 'secretKeyRef')),
    ...configMap(required(from, 'configMapKeyRef'), keyOf(from, 'configMapKeyRef')),
  ];
}

/** The name a field refers to; undefined where there is none, or need not be. */
function required(entry: JsonObject, field: string): string | undefined {
  return at(entry, field, 'optional') === true ? undefined : textAt(entry, field, 'name');
}

function keyOf(entry: JsonObject, field: string): readonly string[] {
  const key = textAt(entry, field, 'key');
  return key === undefined ? [] : [key];
}

function secret(name: string | undefined, keys: readonly string[] = []): readonly Reference[] {
  return references('Secret', name, keys);
}

function configMap(name: string | undefined, keys: readonly string[] = []): readonly Reference[] {
  return references('ConfigMap', name, keys);
}

function references(kind: Reference['kind'], name: string | undefined, keys: readonly string[]): readonly Reference[] {
  if (name === undefined) return [];
  return keys.length === 0 ? [{ kind, name }] : keys.map((key) => ({ kind, name, key }));
}

function objectOr(value: unknown): JsonObject {
  return isJsonObject(value as JsonObject) ? (value as JsonObject) : {};
}
