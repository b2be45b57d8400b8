import type { Json, JsonObject } from '../../../domain/json.ts';
import { at, type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { clean } from './words.ts';

/*
 * Reading objects of a server: nothing is taken to be there, nothing throws.
 */

export const nameOf = (object: Json | undefined): string => clean(textAt(object, 'metadata', 'name'), 253);
export const namespaceOf = (object: Json | undefined): string => clean(textAt(object, 'metadata', 'namespace'), 253);
export const uidOf = (object: Json | undefined): string => textAt(object, 'metadata', 'uid') ?? '';
export const versionOf = (object: Json | undefined): string => textAt(object, 'metadata', 'resourceVersion') ?? '';

/** A condition of a type that is `True` (or another status); undefined when it is not. */
export function condition(object: Json | undefined, type: string, status = 'True'): JsonObject | undefined {
  return listAt(object, 'status', 'conditions').find(
    (entry) => textAt(entry, 'type') === type && textAt(entry, 'status') === status,
  );
}

/** A number at a path. */
export function numberAt(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/** A time at a path, as servers write it; undefined for anything else, and for the epoch, which stands for "never". */
export function timeAt(value: Json | undefined, ...path: readonly (string | number)[]): string | undefined {
  const text = textAt(value, ...path);
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text)) return undefined;
  return Date.parse(text) > 0 ? text : undefined;
}

/** A container of a pod as declared and as it is. */
export interface ContainerView {
  readonly name: string;
  readonly role: 'init' | 'sidecar' | 'main' | 'beside';
  readonly spec: JsonObject;
  /** Absent until the kubelet has seen it. */
  readonly status?: JsonObject;
}

const MAIN_NAMES: readonly (string | undefined)[] = ['main', 'pytorch', 'node', 'trainer'];

/** The containers of a pod in the order they start. The main one is `main`, or as its kind of workload names it, or the first. */
export function containersOf(pod: KubeObject): readonly ContainerView[] {
  const declared = listAt(pod, 'spec', 'containers');
  const main = declared.find((entry) => MAIN_NAMES.includes(textAt(entry, 'name'))) ?? declared[0];
  const init = listAt(pod, 'spec', 'initContainers').map((spec) =>
    viewOf(pod, spec, textAt(spec, 'restartPolicy') === 'Always' ? 'sidecar' : 'init', 'initContainerStatuses'),
  );
  const others = declared.map((spec) => viewOf(pod, spec, spec === main ? 'main' : 'beside', 'containerStatuses'));
  return [...init, ...others];
}

/** The main container of a pod; undefined of a pod that has none. */
export function mainOf(pod: KubeObject): ContainerView | undefined {
  return containersOf(pod).find((container) => container.role === 'main');
}

function viewOf(pod: KubeObject, spec: JsonObject, role: ContainerView['role'], list: string): ContainerView {
  const name = textAt(spec, 'name') ?? '';
  const status = listAt(pod, 'status', list).find((entry) => textAt(entry, 'name') === name);
  return { name: clean(name, 63), role, spec, ...(status === undefined ? {} : { status }) };
}

/** How a container ended; undefined while it has not. */
export function terminated(container: ContainerView | undefined): JsonObject | undefined {
  const found = at(container?.status, 'state', 'terminated');
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonObject) : undefined;
}

/** `container main`, `init container fetch`, `sidecar teacher`. */
export function phraseOf({ name, role }: ContainerView): string {
  return role === 'main' || role === 'beside'
    ? `container ${name}`
    : `${role === 'init' ? 'init container' : 'sidecar'} ${name}`;
}

/** The messages of the events of an object, newest last, cleaned. */
export function eventsOf(
  events: readonly KubeObject[],
  object: Json | undefined,
  ...reasons: readonly string[]
): readonly string[] {
  const uid = uidOf(object);
  return messages(events, reasons, (event) => uid !== '' && textAt(event, 'involvedObject', 'uid') === uid);
}

/**
 * When the first such event of an object that matches was stored, milliseconds by the server's own clock (those of the nodes
 * may be off); undefined without one.
 */
export function firstEvent(
  events: readonly KubeObject[],
  object: KubeObject,
  reasons: readonly string[],
  matches: (message: string) => boolean = () => true,
): number | undefined {
  const times = events
    .filter((event) => textAt(event, 'involvedObject', 'uid') === uidOf(object))
    .filter((event) => reasons.includes(textAt(event, 'reason') ?? '') && matches(textAt(event, 'message') ?? ''))
    .flatMap((event) => timeAt(event, 'metadata', 'creationTimestamp') ?? [])
    .map((time) => Date.parse(time));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The same of the Jobs that an operator made for a workload: their names begin with its. */
export function eventsOfChildren(
  events: readonly KubeObject[],
  object: Json | undefined,
  ...reasons: readonly string[]
): readonly string[] {
  const start = `${textAt(object, 'metadata', 'name') ?? ''}-`;
  return messages(
    events,
    reasons,
    (event) =>
      start !== '-' &&
      textAt(event, 'involvedObject', 'kind') === 'Job' &&
      textAt(event, 'involvedObject', 'name')?.startsWith(start) === true,
  );
}

function messages(
  events: readonly KubeObject[],
  reasons: readonly string[],
  isMine: (event: KubeObject) => boolean,
): readonly string[] {
  return events
    .filter((event) => isMine(event) && reasons.includes(textAt(event, 'reason') ?? ''))
    .sort((a, b) => compare(seenAt(a), seenAt(b)))
    .map((event) => clean(textAt(event, 'message'), 1000));
}

/** Stamps of one recorder, only ever compared with each other. */
function seenAt(event: KubeObject): string {
  return (
    textAt(event, 'lastTimestamp') ?? textAt(event, 'series', 'lastObservedTime') ?? textAt(event, 'eventTime') ?? ''
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
