import { at, listAt, type Resource, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { faultOf } from './faults.ts';

/*
 * What a real API server refuses, as far as this project can run into it. Limits in bytes are those of Kubernetes and
 * of etcd.
 */

const BODY_MAX = 3 * 1024 * 1024;
const STORED_MAX = 1.5 * 1024 * 1024;
const CONFIG_MAP_MAX = 1024 * 1024;
const ANNOTATIONS_MAX = 256 * 1024;

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const DATA_KEY = /^[-._a-zA-Z0-9]+$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

/** Field names of the kinds that we write by hand: `fieldValidation=Strict` refuses others. */
const STRICT: Readonly<Record<string, readonly string[]>> = {
  configmaps: ['apiVersion', 'kind', 'metadata', 'data', 'binaryData', 'immutable'],
  leases: ['apiVersion', 'kind', 'metadata', 'spec'],
};
const LEASE_SPEC = [
  'holderIdentity',
  'leaseDurationSeconds',
  'acquireTime',
  'renewTime',
  'leaseTransitions',
  'strategy',
  'preferredHolder',
];

/** Throws what the server answers to an object that it does not take. `before` is what is stored; absent at a create. */
export function admit(resource: Resource, object: JsonObject, request: string, before?: JsonObject): void {
  const bytes = Buffer.byteLength(JSON.stringify(object));
  if (bytes > BODY_MAX) throw faultOf('too-large', request, `limit is ${BODY_MAX}`);
  const causes = [
    ...kindFaults(resource, object),
    ...metadataFaults(resource, object),
    ...strictFaults(resource, object),
    ...(resource.plural === 'configmaps' ? configMapFaults(object, before) : []),
    ...(resource.plural === 'leases' ? leaseFaults(object) : []),
  ];
  if (causes.length > 0) {
    throw faultOf('invalid', request, `${resource.kind} "${textAt(object, 'metadata', 'name')}" is invalid`, causes);
  }
  if (storedBytes(object) > STORED_MAX) throw faultOf('too-large', request, 'etcdserver: request is too large');
}

function kindFaults(resource: Resource, object: JsonObject): string[] {
  const { apiVersion, kind } = object;
  return apiVersion === resource.apiVersion && kind === resource.kind
    ? []
    : [`kind: ${String(apiVersion)} ${String(kind)} does not match ${resource.apiVersion} ${resource.kind}`];
}

function metadataFaults(resource: Resource, object: JsonObject): string[] {
  const faults: string[] = [];
  const name = textAt(object, 'metadata', 'name') ?? '';
  // The program names its objects itself: a name of the server's would make an object that nobody finds again.
  if (at(object, 'metadata', 'generateName') !== undefined) faults.push('metadata.generateName: not by this program');
  const longest = resource.plural === 'jobs' ? 63 : 253;
  if (name.length > longest || !SUBDOMAIN.test(name)) faults.push(`metadata.name: Invalid value: "${name}"`);
  for (const [key, value] of entries(at(object, 'metadata', 'labels'))) {
    if (!QUALIFIED.test(key)) faults.push(`metadata.labels: Invalid value: "${key}"`);
    if (typeof value !== 'string' || value.length > 63 || !LABEL_VALUE.test(value)) {
      faults.push(`metadata.labels: Invalid value: "${String(value)}"`);
    }
  }
  const annotations = entries(at(object, 'metadata', 'annotations'));
  const size = annotations.reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(String(value)), 0);
  if (size > ANNOTATIONS_MAX)
    faults.push(`metadata.annotations: Too long: may not be more than ${ANNOTATIONS_MAX} bytes`);
  for (const owner of listAt(object, 'metadata', 'ownerReferences')) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid']) {
      if (typeof owner[field] !== 'string' || owner[field] === '') {
        faults.push(`metadata.ownerReferences.${field}: must not be empty`);
      }
    }
  }
  return faults;
}

function strictFaults(resource: Resource, object: JsonObject): string[] {
  const known = STRICT[resource.plural];
  if (known === undefined) return [];
  return Object.keys(object)
    .filter((field) => !known.includes(field))
    .map((field) => `unknown field "${field}"`);
}

function configMapFaults(object: JsonObject, before: JsonObject | undefined): string[] {
  const faults: string[] = [];
  let size = 0;
  for (const [key, value] of [...entries(object['data']), ...entries(object['binaryData'])]) {
    if (!DATA_KEY.test(key)) faults.push(`data[${key}]: Invalid value`);
    if (typeof value !== 'string') faults.push(`data[${key}]: must be a string`);
  }
  for (const [, value] of entries(object['data'])) size += Buffer.byteLength(String(value));
  for (const [, value] of entries(object['binaryData'])) size += Buffer.from(String(value), 'base64').length;
  if (size > CONFIG_MAP_MAX) faults.push(`: Too long: may not be more than ${CONFIG_MAP_MAX} bytes`);
  if (before?.['immutable'] === true) {
    for (const field of ['data', 'binaryData', 'immutable']) {
      if (canonicalJson(before[field] ?? null) !== canonicalJson(object[field] ?? null)) {
        faults.push(`${field}: Forbidden: field is immutable when \`immutable\` is set`);
      }
    }
  }
  return faults;
}

function leaseFaults(object: JsonObject): string[] {
  const faults: string[] = [];
  const spec = object['spec'];
  for (const field of isJsonObject(spec) ? Object.keys(spec) : []) {
    if (!LEASE_SPEC.includes(field)) faults.push(`unknown field "spec.${field}"`);
  }
  for (const field of ['acquireTime', 'renewTime']) {
    const time = at(object, 'spec', field);
    if (time !== undefined && time !== null && (typeof time !== 'string' || !MICRO_TIME.test(time))) {
      faults.push(`spec.${field}: parsing time ${JSON.stringify(time)} as "2006-01-02T15:04:05.000000Z07:00"`);
    }
  }
  const duration = at(object, 'spec', 'leaseDurationSeconds');
  if (typeof duration === 'number' && duration <= 0) faults.push('spec.leaseDurationSeconds: must be greater than 0');
  if (at(object, 'spec', 'holderIdentity') === '') faults.push('spec.holderIdentity: must not be empty');
  return faults;
}

/** What etcd holds: binary data without its base64. */
function storedBytes(object: JsonObject): number {
  const { binaryData, ...rest } = object;
  const binary = entries(binaryData).reduce((sum, [, value]) => sum + Buffer.from(String(value), 'base64').length, 0);
  return Buffer.byteLength(JSON.stringify(rest)) + binary;
}

function entries(value: Json | undefined): [string, Json][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}
