import { randomUUID } from 'node:crypto';
import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { RunRecord } from '../../../domain/run/run-record.ts';
import { labelsOfPeople, RUN_LABEL } from '../api/attempt-labels.ts';
import { KubeFault, type KubeObject, RESOURCES, textAt } from '../api/kube-api.ts';
import { anchorState, changedAnchor, newAnchor } from './anchor.ts';
import type { HolderProcess } from './holder.ts';
import { lastWrite } from './last-write.ts';
import { ANNOTATIONS, anchorName, isOwnedBy } from './names.ts';
import { type RemoveDeps, removeRun } from './remove-run.ts';
import { isPiece, type PackedSources, packSources, pieceObject } from './source-pieces.ts';
import type { StoreClock } from './store-clock.ts';

const { configMaps } = RESOURCES;

/** Seconds without a sign after which whoever began to create a run counts as gone. */
const ABANDONED_SECONDS = 30;
/** How often it is looked whether another one has finished. */
const POLL_SECONDS = 0.25;

export interface CreateDeps extends RemoveDeps {
  readonly clock: StoreClock;
  readonly holder: HolderProcess;
}

/**
 * The anchor of a new run, planned; undefined when the name is taken. Anchor `Preparing`, the pieces of the sources, anchor
 * `Planned`: a crash on the way leaves what is no run, and what the next one of the name takes away.
 */
export async function createRun(
  deps: CreateDeps,
  record: RunRecord,
  { sources, labels }: { readonly sources: string; readonly labels?: JsonObject },
): Promise<KubeObject | undefined> {
  const packed = packSources(record.name, sources);
  const anchor = await claim(deps, record, { packed, labels: labelsOfPeople(labels) });
  if (anchor === undefined) return undefined;
  for (const piece of packed.pieces) {
    if (!(await storePiece(deps, record.name, anchor, piece))) return undefined;
  }
  const write = randomUUID();
  try {
    return await deps.patience.write(
      () => deps.api.replace(configMaps, changedAnchor(anchor, { state: 'Planned', write })),
      () => written(deps, anchor, write),
    );
  } catch (error) {
    if (isFault(error, 'conflict', 'not-found')) return undefined;
    throw error;
  }
}

/** The anchor, `Preparing` and ours. */
async function claim(
  deps: CreateDeps,
  record: RunRecord,
  { packed, labels }: { readonly packed: PackedSources; readonly labels: JsonObject },
): Promise<KubeObject | undefined> {
  const { api, holder, patience } = deps;
  const write = randomUUID();
  const writing = { state: 'Preparing', sources: packed.manifest, labels, write, process: holder.mark } as const;
  const object = newAnchor(record, writing);
  for (;;) {
    try {
      return await patience.write(
        () => api.create(configMaps, object),
        async () => {
          const found = await api.get(configMaps, anchorName(record.name));
          return isWrite(found, write) ? found : undefined;
        },
      );
    } catch (error) {
      if (!isFault(error, 'exists')) throw error;
    }
    const found = await api.get(configMaps, anchorName(record.name));
    if (found === undefined) continue;
    const state = anchorState(found);
    if (state === 'Planned') return undefined;
    if (state === undefined) {
      throw new UserError('name-taken', `ConfigMap ${found.metadata.name} is there and is no run of ours`);
    }
    if (isAbandoned(deps, found)) await removeRun(deps, record.name);
    else await deps.clock.sleep(POLL_SECONDS);
  }
}

/** Nobody works on it any more: its process is dead, or has given no sign for long. */
function isAbandoned({ api, holder }: CreateDeps, anchor: KubeObject): boolean {
  if (holder.isDead(textAt(anchor, 'metadata', 'annotations', ANNOTATIONS.process) ?? '')) return true;
  const now = api.serverNow();
  const sign = lastWrite(anchor) ?? Date.parse(textAt(anchor, 'metadata', 'creationTimestamp') ?? '');
  return now !== undefined && now - sign > ABANDONED_SECONDS * 1000;
}

/** False when the run was taken over by another one of its name. */
async function storePiece(
  deps: CreateDeps,
  run: string,
  anchor: KubeObject,
  piece: PackedSources['pieces'][number],
): Promise<boolean> {
  const { api, patience } = deps;
  const own = async (): Promise<KubeObject | undefined> => {
    const found = await api.get(configMaps, piece.name);
    return found !== undefined && isOwnedBy(found, anchor) && isPiece(found, piece.digest) ? found : undefined;
  };
  for (;;) {
    try {
      await patience.write(() => api.create(configMaps, pieceObject(run, anchor, piece)), own);
      return true;
    } catch (error) {
      if (!isFault(error, 'exists')) throw error;
    }
    const found = await api.get(configMaps, piece.name);
    // In this order: a piece of whoever took the name over was made after the anchor stopped being ours.
    const ours = await api.get(configMaps, anchor.metadata.name);
    if (ours?.metadata.uid !== anchor.metadata.uid) return false;
    if (found === undefined) continue;
    if (isOwnedBy(found, anchor) && isPiece(found, piece.digest)) return true;
    if (textAt(found, 'metadata', 'labels', RUN_LABEL) !== run) {
      throw new UserError('name-taken', `ConfigMap ${piece.name} is there and is not of run ${run}`);
    }
    // What an earlier try left: the garbage collector has not come yet.
    await api.delete(configMaps, piece.name, { uid: found.metadata.uid });
  }
}

async function written(deps: CreateDeps, anchor: KubeObject, write: string): Promise<KubeObject | undefined> {
  const found = await deps.api.get(configMaps, anchor.metadata.name);
  return isWrite(found, write) ? found : undefined;
}

function isWrite(found: KubeObject | undefined, write: string): boolean {
  return textAt(found, 'metadata', 'annotations', ANNOTATIONS.write) === write;
}

function isFault(error: unknown, ...kinds: readonly string[]): boolean {
  return error instanceof KubeFault && kinds.includes(error.kind);
}
