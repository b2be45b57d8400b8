import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';
import { labelsOfPeople } from '../api/attempt-labels.ts';
import { at, type KubeObject, textAt } from '../api/kube-api.ts';
import type { HolderProcess } from './holder.ts';
import { lastWrite } from './last-write.ts';
import { ANNOTATIONS, labelsOf, leaseName, ownedBy } from './names.ts';

/** Seconds that a Lease holds after a write. */
export const LEASE_SECONDS = 30;
/** How often its holder writes. */
export const RENEW_SECONDS = 10;
/** How long before the end its holder stops, and how long after it others wait: for clocks of two API servers. */
export const MARGIN_SECONDS = 5;

/** Who holds a Lease. */
export interface LeaseOwner {
  /** `<driver id>@<host>/<pid>`: another one with every lock, so that it tells a write of ours from another's. */
  readonly identity: string;
  readonly process: string;
}

/** `driver`: an id that is new with every lock. */
export function ownerOf(driver: string, holder: HolderProcess): LeaseOwner {
  return { identity: `${driver}@${holder.host}/${holder.pid}`, process: holder.mark };
}

/** `<driver id>@<host>/<pid>`; undefined while nobody holds it. */
export function holderOf(lease: KubeObject): string | undefined {
  return textAt(lease, 'spec', 'holderIdentity');
}

/** A Lease that nobody had before. */
export function newLease(run: string, anchor: KubeObject, owner: LeaseOwner, now: Date): JsonObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(run),
      labels: { ...labelsOfPeople(anchor.metadata['labels']), ...labelsOf(run, 'driver') },
      annotations: { [ANNOTATIONS.process]: owner.process },
      ownerReferences: ownedBy(anchor),
    },
    spec: { ...heldBy(owner, now), leaseTransitions: 0 },
  };
}

/** The Lease with another holder. */
export function takenLease(lease: KubeObject, anchor: KubeObject, owner: LeaseOwner, now: Date): JsonObject {
  const transitions = at(lease, 'spec', 'leaseTransitions');
  const annotations = objectOr(lease.metadata['annotations']);
  return {
    ...withSpec(lease, { ...heldBy(owner, now), leaseTransitions: Number(transitions ?? 0) + 1 }),
    metadata: {
      ...metadataOf(lease),
      annotations: { ...annotations, [ANNOTATIONS.process]: owner.process },
      // It may be left of an earlier run of the name, and would go with that.
      ownerReferences: ownedBy(anchor),
    },
  };
}

/** The Lease with a sign of life of `now`, for `update`. */
export function renewedLease(lease: KubeObject, now: Date): JsonObject {
  // Another text each time, also on a machine whose clock was set back: a write that changes nothing is no sign of life.
  const before = Number(textAt(lease, 'spec', 'renewTime')?.slice(-4, -1) ?? 0);
  return withSpec(lease, { ...objectOr(lease['spec']), renewTime: microTime(now, (before + 1) % 1000) });
}

/** The Lease without a holder: a name cannot be empty, so it is left out. */
export function freedLease(lease: KubeObject): JsonObject {
  const { holderIdentity: _holder, ...spec } = objectOr(lease['spec']);
  return withSpec(lease, { ...spec, leaseDurationSeconds: 1 });
}

/** What a Lease says now. */
export type LeaseState =
  | { readonly kind: 'free' }
  /** `silentSeconds` since its last sign, by the server's clock; absent = nobody can tell. */
  | { readonly kind: 'held'; readonly by: string; readonly silentSeconds?: number };

/** What a judge knows beside the Lease. */
export interface JudgeView {
  readonly holder: HolderProcess;
  /** Whether this process still holds a lock of that identity. */
  readonly isLive: (identity: string) => boolean;
  readonly serverNow: number | undefined;
}

/**
 * Judges by what the server wrote and by the server's clock: the times in a Lease are of foreign clocks. A holder whose
 * process is known to be dead has nothing any more, and nothing has this process where it lost its own lock.
 */
export function judgeLease(lease: KubeObject | undefined, view: JudgeView): LeaseState {
  const by = lease === undefined ? undefined : holderOf(lease);
  if (lease === undefined || by === undefined || by === '') return { kind: 'free' };
  const process = textAt(lease, 'metadata', 'annotations', ANNOTATIONS.process) ?? '';
  if (process === view.holder.mark ? !view.isLive(by) : view.holder.isDead(process)) return { kind: 'free' };
  const written = lastWrite(lease);
  if (written === undefined || view.serverNow === undefined) return { kind: 'held', by };
  const silentSeconds = Math.max(0, (view.serverNow - written) / 1000);
  return silentSeconds > durationOf(lease) + MARGIN_SECONDS ? { kind: 'free' } : { kind: 'held', by, silentSeconds };
}

/** Seconds. */
export function durationOf(lease: KubeObject): number {
  const duration = at(lease, 'spec', 'leaseDurationSeconds');
  return typeof duration === 'number' ? duration : LEASE_SECONDS;
}

function heldBy(owner: LeaseOwner, now: Date): JsonObject {
  const time = microTime(now);
  return { holderIdentity: owner.identity, leaseDurationSeconds: LEASE_SECONDS, acquireTime: time, renewTime: time };
}

/** A Lease takes times with exactly six digits. */
function microTime(now: Date, microseconds = 0): string {
  return now.toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
}

function withSpec(lease: KubeObject, spec: JsonObject): JsonObject {
  return { ...lease, metadata: metadataOf(lease), spec };
}

function metadataOf(lease: KubeObject): JsonObject {
  const { managedFields: _server, ...metadata } = lease.metadata;
  return metadata;
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
