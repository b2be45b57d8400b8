import type { JsonObject } from '../domain/json.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import { isUnderWay } from '../domain/run/sight.ts';
import type { PlacedFolder } from '../ports/source-store.ts';
import type { Deps } from './deps.ts';
import { seeAttempts } from './follow/see-attempts.ts';
import { everyRun, type NamedByRun, namedByRun } from './named-by-runs.ts';
import { removeRun } from './remove-run.ts';

/** What is freed, or with `dryRun` would be. */
export type Pruned =
  | { readonly kind: 'run'; readonly name: string; readonly lastActive: string }
  | ({ readonly kind: 'folder' } & PlacedFolder);

/** What counts as old, and whether it goes. */
export interface PruneRequest {
  /** Seconds since anything happened to a run, or since a folder was placed. */
  readonly olderThan: number;
  /** Tells what would be freed, and frees nothing. */
  readonly dryRun: boolean;
}

/**
 * Frees old runs that nobody drives and no younger run builds on, then the folders that were placed for runs and that no
 * run names any more. Whatever is told is freed already, so a prune that is interrupted has done what it said.
 */
export async function* pruneRuns(deps: Deps, request: PruneRequest, signal: AbortSignal): AsyncIterable<Pruned> {
  const { olderThan, dryRun } = request;
  const before = new Date(deps.clock.now().getTime() - olderThan * 1000).toISOString();
  const runs = await readRuns(deps);
  const free = await freeable(deps, runs, before);
  for (const { record } of free) {
    signal.throwIfAborted();
    if (!dryRun) await removeRun(deps, record.name, signal);
    yield { kind: 'run', name: record.name, lastActive: lastActive(record) };
  }
  const named = foldersOf(runs.filter((run) => !free.includes(run)));
  const folders = (await deps.sources.placed()).filter(
    ({ digest, placedAt }) => !named.has(digest) && placedAt < before,
  );
  for (const [claim, inside] of Map.groupBy(folders, (folder) => folder.claim)) {
    const context = { pod: podFor(runs, claim), signal };
    // A run that began meanwhile is in the list by now.
    const isNamed = async () => foldersOf(await readRuns(deps));
    const freed = dryRun ? inside : await deps.sources.free(inside, isNamed, context);
    for (const folder of freed) yield { kind: 'folder', ...folder };
  }
}

interface KnownRun {
  readonly record: RunRecord;
  readonly named: NamedByRun;
}

async function readRuns({ store }: Deps): Promise<readonly KnownRun[]> {
  const runs: KnownRun[] = [];
  for (const { record } of await everyRun(store)) runs.push({ record, named: await namedByRun(store, record) });
  return runs;
}

/** Those that may go, each before the ones it builds on. */
async function freeable(deps: Deps, runs: readonly KnownRun[], before: string): Promise<readonly KnownRun[]> {
  const old = new Set<KnownRun>();
  for (const run of runs) {
    const { record } = run;
    if (lastActive(record) >= before || (await deps.store.isLocked(record.name))) continue;
    const sights = await seeAttempts(deps, record, false);
    if (![...sights.values()].some(isUnderWay)) old.add(run);
  }
  // What a run that stays builds on stays, and what that builds on.
  let kept = runs.filter((run) => !old.has(run));
  while (kept.length > 0) {
    const needed = new Set(kept.flatMap(({ named }) => [...named.runs]));
    kept = [...old].filter(({ record }) => needed.has(record.name));
    for (const run of kept) old.delete(run);
  }
  return inOrder(old);
}

function inOrder(runs: ReadonlySet<KnownRun>): readonly KnownRun[] {
  const left = new Set(runs);
  const order: KnownRun[] = [];
  while (left.size > 0) {
    const needed = new Set(
      [...left].flatMap(({ record, named }) => [...named.runs].filter((run) => run !== record.name)),
    );
    const next = [...left].filter(({ record }) => !needed.has(record.name));
    // Two that name each other cannot be; should they, they stay.
    if (next.length === 0) return order;
    for (const run of next) left.delete(run);
    order.push(...next);
  }
  return order;
}

/** The newest moment that a record knows of; RFC 3339, as it sorts. */
function lastActive({ createdAt, drivers, stages, cancel }: RunRecord): string {
  const times = [
    createdAt,
    ...(cancel === undefined ? [] : [cancel.at]),
    ...drivers.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt ?? startedAt]),
    ...stages.flatMap(({ decision, attempts }) => [
      ...(decision === undefined ? [] : [decision.at]),
      ...attempts.flatMap(({ at }) => Object.values(at)),
    ]),
  ];
  return times.map((time) => new Date(time).toISOString()).reduce((a, b) => (a > b ? a : b));
}

function foldersOf(runs: readonly KnownRun[]): ReadonlySet<string> {
  return new Set(runs.flatMap(({ named }) => [...named.folders]));
}

/** What a pod needs to reach a claim: as the newest run that used it had it. */
function podFor(runs: readonly KnownRun[], claim: string | undefined): JsonObject {
  return runs.find(({ named }) => named.claim === claim)?.named.pod ?? {};
}
