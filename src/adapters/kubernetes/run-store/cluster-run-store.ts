import { randomUUID } from 'node:crypto';
import { UserError } from '../../../domain/errors.ts';
import type { RunRecord } from '../../../domain/run/run-record.ts';
import type { RunLock, RunMarks, RunStore, StoredRun, UnreadableRun } from '../../../ports/run-store.ts';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES, textAt } from '../api/kube-api.ts';
import { toUserError, translated } from '../api/user-error.ts';
import { anchorState, changedAnchor, recordIn, runOf, sourcesIn } from './anchor.ts';
import { type CreateDeps, createRun } from './create-run.ts';
import { DriverLeases } from './driver-lease.ts';
import type { HolderProcess } from './holder.ts';
import { ANNOTATIONS, anchorName, selectorOf } from './names.ts';
import { Patience } from './patience.ts';
import { removeRun } from './remove-run.ts';
import { unpackSources } from './source-pieces.ts';
import { createStoreClock, type StoreClock } from './store-clock.ts';

const { configMaps } = RESOURCES;

export interface ClusterRunStoreOptions {
  /** This process: see `thisProcess`. */
  readonly holder: HolderProcess;
  /** Seconds to try a write that a cluster does not take, beside the time its API waits for one that is away. Absent = 60. */
  readonly patienceSeconds?: number;
  /** Told, for the person, while it tries. */
  readonly onWaiting?: (message: string) => void;
  readonly clock?: StoreClock;
}

/**
 * Runs as objects of one namespace: per run an anchor (ConfigMap) with the record, immutable pieces of its sources, and a
 * Lease that says who drives. Whoever may read the namespace can go on with a run, from any machine.
 */
export class ClusterRunStore implements RunStore {
  readonly place: string;
  readonly #api: KubeApi;
  readonly #deps: CreateDeps;
  readonly #leases: DriverLeases;
  /** The anchors last seen, so that a write needs no read before. */
  readonly #anchors = new Map<string, KubeObject>();

  constructor(api: KubeApi, options: ClusterRunStoreOptions) {
    const { namespace, context } = api.place;
    this.place = `namespace ${namespace} of ${context}`;
    this.#api = api;
    const { holder, clock = createStoreClock(), patienceSeconds = 60, onWaiting = () => undefined } = options;
    const patience = new Patience({ place: api.place, clock, seconds: patienceSeconds, onWaiting });
    this.#leases = new DriverLeases({ api, clock, holder, patience });
    this.#deps = { api, clock, holder, patience, removeLease: (run, anchor) => this.#leases.remove(run, anchor) };
  }

  /** A list of a namespace that is not there is empty, as that of one that is. */
  whyNothing(): Promise<UserError | undefined> {
    const { namespace, server, context } = this.#api.place;
    return this.#atEdge(async () => {
      try {
        if ((await this.#api.get(RESOURCES.namespaces, namespace)) !== undefined) return undefined;
      } catch (error) {
        // Who may not look may still have runs in it.
        if (error instanceof KubeFault && error.kind === 'forbidden') return undefined;
        throw error;
      }
      return new UserError('not-found', `there is no namespace ${namespace} on ${server} (context ${context})`, {
        hint: `see which there are: \`kubectl --context ${context} get namespaces\`, and choose one: \`-n NAME\``,
      });
    });
  }

  create(record: RunRecord, sources: string, marks: RunMarks = {}): Promise<StoredRun | undefined> {
    return this.#atEdge(async () => {
      const anchor = await createRun(this.#deps, record, { sources, ...marks });
      return anchor === undefined ? undefined : this.#remember(anchor, record);
    });
  }

  read(name: string): Promise<StoredRun | undefined> {
    return this.#atEdge(async () => {
      const anchor = await this.#planned(name);
      return anchor === undefined ? undefined : this.#remember(anchor, recordIn(anchor));
    });
  }

  readSources(name: string): Promise<string> {
    return this.#atEdge(async () => {
      const anchor = await this.#planned(name);
      const manifest = anchor === undefined ? undefined : sourcesIn(anchor);
      if (manifest === undefined) {
        throw new UserError('state-broken', `the stored sources of run ${name} are missing in ${anchorName(name)}`);
      }
      const pieces = await Promise.all(manifest.pieces.map((piece) => this.#api.get(configMaps, piece.name)));
      return unpackSources(name, manifest, pieces);
    });
  }

  update(record: RunRecord, version: string): Promise<StoredRun | undefined> {
    return this.#atEdge(async () => {
      const known = this.#anchors.get(record.name);
      const anchor = known?.metadata.resourceVersion === version ? known : await this.#planned(record.name);
      if (anchor === undefined || anchor.metadata.resourceVersion !== version) return undefined;
      const write = randomUUID();
      try {
        const written = await this.#deps.patience.write(
          () => this.#api.replace(configMaps, changedAnchor(anchor, { record, write })),
          () => this.#own(record.name, write),
        );
        return this.#remember(written, record);
      } catch (error) {
        if (error instanceof KubeFault && (error.kind === 'conflict' || error.kind === 'not-found')) return undefined;
        throw error;
      }
    });
  }

  list(onUnreadable?: (run: UnreadableRun) => void): Promise<readonly StoredRun[]> {
    return this.listAs((run) => run, onUnreadable);
  }

  listAs<T>(
    keep: (run: StoredRun) => T,
    onUnreadable: (run: UnreadableRun) => void = () => undefined,
  ): Promise<readonly T[]> {
    return this.#atEdge(async () => {
      const found = await this.#api.listAs(configMaps, { labels: selectorOf('run') }, (anchor) => {
        try {
          const record = recordOf(anchor);
          const kept = keep({ record, version: anchor.metadata.resourceVersion });
          return { kind: 'run', kept, createdAt: Date.parse(record.createdAt) } as const;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          return { kind: 'unreadable', run: { name: runOf(anchor), fault: error } } as const;
        }
      });
      for (const each of found) if (each.kind === 'unreadable') onUnreadable(each.run);
      const runs = found.filter((each) => each.kind === 'run');
      return runs.sort((a, b) => b.createdAt - a.createdAt).map(({ kept }) => kept);
    });
  }

  remove(name: string): Promise<boolean> {
    return this.#atEdge(() => {
      this.#anchors.delete(name);
      return removeRun(this.#deps, name);
    });
  }

  async *watch(name: string, signal: AbortSignal): AsyncIterable<StoredRun> {
    let uid: string | undefined;
    let seen: string | undefined;
    try {
      const selector = { fields: `metadata.name=${anchorName(name)}` };
      for await (const event of this.#api.watch(configMaps, selector, signal)) {
        const anchor = event.kind === 'listed' ? event.items[0] : event.kind === 'changed' ? event.object : undefined;
        // Another run of the name is another run; one that is being removed has gone for whoever looks on.
        if (anchor === undefined || (uid !== undefined && anchor.metadata.uid !== uid)) return;
        const state = anchorState(anchor);
        if (state !== 'Planned' && state !== 'Preparing') return;
        uid = anchor.metadata.uid;
        if (state === 'Preparing' || anchor.metadata.resourceVersion === seen) continue;
        seen = anchor.metadata.resourceVersion;
        yield { record: recordIn(anchor), version: seen };
      }
    } catch (error) {
      throw toUserError(error, this.#api.place);
    }
  }

  lock(name: string, driver?: string): Promise<RunLock | undefined> {
    return this.#atEdge(async () => this.#leases.take(name, await this.#requireAnchor(name), driver));
  }

  /** As `lock`; throws `name-taken` (exit 8) with the driver's last sign when one lives. */
  takeOver(name: string, driver?: string): Promise<RunLock> {
    return this.#atEdge(async () => this.#leases.takeOver(name, await this.#requireAnchor(name), driver));
  }

  isLocked(name: string): Promise<boolean> {
    return this.#atEdge(() => this.#leases.isHeld(name));
  }

  whichLocked(names: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#atEdge(async () => {
      const held = await this.#leases.held();
      return new Set(names.filter((name) => held.has(name)));
    });
  }

  untilUndriven(name: string, signal: AbortSignal): Promise<boolean> {
    return this.#atEdge(() => this.#leases.untilFree(name, signal));
  }

  async #requireAnchor(name: string): Promise<KubeObject> {
    const anchor = await this.#planned(name);
    if (anchor === undefined) throw new UserError('not-found', `there is no run ${name} in ${this.place}`);
    return anchor;
  }

  /** Undefined also for what only begins to be a run, or is about to be none. */
  async #planned(name: string): Promise<KubeObject | undefined> {
    const anchor = await this.#api.get(configMaps, anchorName(name));
    return anchor !== undefined && anchorState(anchor) === 'Planned' ? anchor : undefined;
  }

  /** The anchor if its last write was that one. */
  async #own(name: string, write: string): Promise<KubeObject | undefined> {
    const found = await this.#api.get(configMaps, anchorName(name));
    return textAt(found, 'metadata', 'annotations', ANNOTATIONS.write) === write ? found : undefined;
  }

  #remember(anchor: KubeObject, record: RunRecord): StoredRun {
    this.#anchors.set(record.name, anchor);
    return { record, version: anchor.metadata.resourceVersion };
  }

  #atEdge<T>(work: () => Promise<T>): Promise<T> {
    return translated(this.#api.place, work);
  }
}

/** Throws what `list` says of an anchor that is no run. */
function recordOf(anchor: KubeObject): RunRecord {
  const run = runOf(anchor);
  switch (anchorState(anchor)) {
    case 'Planned':
      return recordIn(anchor);
    case 'Preparing':
      throw new UserError('not-found', `run ${run} was never started: its sources are not stored completely`, {
        hint: `start it again under its name, or forget it: \`ilab-backend rm ${run}\``,
      });
    case 'Removing':
      throw new UserError('not-found', `run ${run} is half removed`, {
        hint: `finish it: \`ilab-backend rm ${run}\``,
      });
    case undefined:
      throw new UserError('state-broken', `ConfigMap ${anchor.metadata.name} says no state of a run`, {
        hint: `look at it: \`kubectl get configmap ${anchor.metadata.name} -o yaml\``,
      });
  }
}
