import type { JsonObject } from '../../../domain/json.ts';
import { RUN_LABEL } from '../api/attempt-labels.ts';
import { type KubeObject, listAt, textAt } from '../api/kube-api.ts';

/*
 * What the objects of a run's record are called and how they are found again. A run is a ConfigMap, the anchor; it owns
 * the pieces of its sources and its Lease, so that nothing stays behind when the anchor is deleted. It owns no workload.
 */

/** Objects of ours, on whatever cluster: `kubectl get cm,lease -l app.kubernetes.io/managed-by=ilab-backend`. */
const MANAGED_BY = 'app.kubernetes.io/managed-by';
/** What no object of a stage has, whatever the stage is called. */
const NAME = 'app.kubernetes.io/name';
const NAME_VALUE = 'ilab-run';
const COMPONENT = 'app.kubernetes.io/component';

/** What an object of the record is for. */
export type Component = 'run' | 'sources' | 'driver';

/** Annotations of the anchor and the Lease. */
export const ANNOTATIONS = {
  /** `<run id>/run`: whose anchor this is. */
  key: 'ilab-backend.dev/key',
  /** Another text with every write: what tells a write of ours whose answer was lost from another's. */
  write: 'ilab-backend.dev/write',
  /** The format of the object; a higher one is of a newer program. */
  format: 'ilab-backend.dev/format',
  planDigest: 'ilab-backend.dev/plan-digest',
  createdBy: 'ilab-backend.dev/created-by',
  /** The process that wrote, as only its own machine understands it: see holder.ts. */
  process: 'ilab-backend.dev/process',
} as const;

/** Of the ConfigMap that is the run. */
export function anchorName(run: string): string {
  return `${run}-run`;
}

/** `number` counts from 1. */
export function pieceName(run: string, number: number): string {
  return `${run}-sources-${number}`;
}

/** Of the Lease that is the right to drive it: another kind, so it may be called the same. */
export function leaseName(run: string): string {
  return `${run}-run`;
}

/** The run whose Lease has that name. */
export function runOfLease(name: string): string {
  return name.replace(/-run$/, '');
}

/** The recommended labels of an object of the record, and ours. */
export function labelsOf(run: string, component: Component): JsonObject {
  return {
    [NAME]: NAME_VALUE,
    'app.kubernetes.io/instance': run,
    [COMPONENT]: component,
    'app.kubernetes.io/part-of': 'ilab-backend',
    [MANAGED_BY]: 'ilab-backend',
    [RUN_LABEL]: run,
  };
}

/** Selects the objects of that kind: of one run, or of all. */
export function selectorOf(component: Component, run?: string): string {
  const terms = [`${MANAGED_BY}=ilab-backend`, `${NAME}=${NAME_VALUE}`, `${COMPONENT}=${component}`];
  return [...terms, ...(run === undefined ? [] : [`${RUN_LABEL}=${run}`])].join(',');
}

/** Whether the object is one of the record's. */
export function isOurs(object: KubeObject): boolean {
  const label = (name: string): string | undefined => textAt(object, 'metadata', 'labels', name);
  return label(MANAGED_BY) === 'ilab-backend' && label(NAME) === NAME_VALUE;
}

/** Whether the object goes with that anchor, and not with an earlier or a later one of the name. */
export function isOwnedBy(object: KubeObject, anchor: KubeObject): boolean {
  return listAt(object, 'metadata', 'ownerReferences').some((owner) => owner['uid'] === anchor.metadata.uid);
}

/** Lets the garbage collector take an object when the anchor goes. */
export function ownedBy(anchor: KubeObject): readonly JsonObject[] {
  return [{ apiVersion: 'v1', kind: 'ConfigMap', name: anchor.metadata.name, uid: anchor.metadata.uid }];
}
