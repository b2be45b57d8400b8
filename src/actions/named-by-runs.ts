import type { UserError } from '../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import type { RunStore, StoredRun } from '../ports/run-store.ts';
import { isPlaced, parseDocument, type RunDocument } from './plan/run-document.ts';

/** What a run cannot do without. */
export interface NamedByRun {
  /** Runs whose results it took over or reads. */
  readonly runs: ReadonlySet<string>;
  /** Digests of folders that were placed for it. */
  readonly folders: ReadonlySet<string>;
  /** The claim it works in; absent on this machine's runs of old. */
  readonly claim?: string;
  /** Its pod settings. */
  readonly pod: JsonObject;
}

/**
 * Every run of the store, newest first. Throws the fault of one that cannot be read: nobody knows what it builds on. One
 * that was never started or is half removed builds on nothing.
 */
export async function everyRun(store: RunStore): Promise<readonly StoredRun[]> {
  const faults: UserError[] = [];
  const runs = await store.list(({ fault }) => faults.push(fault));
  const unknown = faults.find(({ code }) => code !== 'not-found');
  if (unknown !== undefined) throw unknown;
  return runs;
}

/** Reads what a run's record and plan name. Throws `state-broken` when its plan cannot be read: then nobody knows. */
export async function namedByRun(store: RunStore, record: RunRecord): Promise<NamedByRun> {
  const document = parseDocument(await store.readSources(record.name), record.name);
  const { selection, pins } = document;
  const reused = record.stages.flatMap(({ decision }) => (decision?.kind === 'reuse' ? [decision.from.run] : []));
  const wished = [...Object.values(selection.reuse), ...Object.values(selection.inputs)].map(({ run }) => run);
  const pod = podOf(document);
  const claim = pod['workspaceClaim'];
  return {
    runs: new Set([...reused, ...wished]),
    folders: new Set(pins.flatMap(({ source }) => (isPlaced(source) ? [source.digest] : []))),
    pod,
    ...(typeof claim === 'string' ? { claim } : {}),
  };
}

function podOf(document: RunDocument): JsonObject {
  const pod = (JSON.parse(document.sources) as { readonly pod?: Json } | null)?.pod;
  return isJsonObject(pod) ? pod : {};
}
