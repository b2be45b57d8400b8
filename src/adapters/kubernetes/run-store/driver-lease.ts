import { randomUUID } from 'node:crypto';
import { UserError } from '../../../domain/errors.ts';
import { firstOf } from '../../../domain/first-of.ts';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES } from '../api/kube-api.ts';
import { isTerminating } from '../api/terminating.ts';
import type { HolderProcess } from './holder.ts';
import {
  durationOf,
  holderOf,
  judgeLease,
  type LeaseOwner,
  type LeaseState,
  MARGIN_SECONDS,
  newLease,
  ownerOf,
  RENEW_SECONDS,
  takenLease,
} from './lease.ts';
import { isLiveLock, LeaseLock } from './lease-lock.ts';
import { isOwnedBy, leaseName, runOfLease, selectorOf } from './names.ts';
import type { Patience } from './patience.ts';
import type { StoreClock } from './store-clock.ts';

const { leases } = RESOURCES;

/** How often a Lease is looked at whose age nobody can tell. */
const OBSERVE_SECONDS = 5;
/** How often a follower asks itself whether the driver may be gone: no request. */
const CHECK_SECONDS = 1;

export interface DriverLeaseDeps {
  readonly api: KubeApi;
  readonly clock: StoreClock;
  readonly holder: HolderProcess;
  readonly patience: Patience;
}

/** Who drives the runs of a namespace: their Leases. */
export class DriverLeases {
  readonly #deps: DriverLeaseDeps;
  /** Leases without `managedFields`: the version first seen, and when. */
  readonly #observed = new Map<string, { readonly version: string; readonly since: number }>();

  constructor(deps: DriverLeaseDeps) {
    this.#deps = deps;
  }

  /** Undefined when another driver lives. `anchor` owns the Lease. */
  async take(run: string, anchor: KubeObject, driver: string = randomUUID()): Promise<LeaseLock | undefined> {
    const { api, clock, holder, patience } = this.#deps;
    const owner = ownerOf(driver, holder);
    for (;;) {
      const lease = await this.#get(run);
      const state = this.#judge(lease);
      if (state.kind === 'held') {
        if (state.silentSeconds !== undefined) return undefined;
        // Its age is unknown: it is alive if it is renewed while we look.
        if (lease !== undefined && !(await this.#isSilent(run, lease))) return undefined;
        continue;
      }
      const sentAt = clock.elapsed();
      const write = (): Promise<KubeObject> =>
        lease === undefined
          ? api.create(leases, newLease(run, anchor, owner, new Date()))
          : api.replace(leases, takenLease(lease, anchor, owner, new Date()));
      try {
        const taken = await patience.write(write, () => this.#own(run, owner));
        // It took too long to rely on: nobody but us has it, so it can be taken once more.
        if (clock.elapsed() - sentAt > RENEW_SECONDS * 1000) continue;
        return new LeaseLock(api, clock, taken, sentAt);
      } catch (error) {
        // Another one was faster, or the Lease is gone: look again.
        if (error instanceof KubeFault && isTerminating(error)) throw this.#ending(run, error);
        if (!(error instanceof KubeFault) || !['exists', 'conflict', 'not-found'].includes(error.kind)) throw error;
        if (error.kind === 'not-found' && lease === undefined) throw error;
      }
    }
  }

  /** As `take`; throws `name-taken` with the driver's last sign when one lives. */
  async takeOver(run: string, anchor: KubeObject, driver?: string): Promise<LeaseLock> {
    const lock = await this.take(run, anchor, driver);
    if (lock !== undefined) return lock;
    const state = this.#judge(await this.#get(run));
    const by = state.kind === 'held' ? `${state.by} alive, ` : '';
    const sign = state.kind === 'held' ? Math.round(state.silentSeconds ?? 0) : 0;
    throw new UserError('name-taken', `run ${run} has a driver: ${by}last sign ${sign} s ago`, {
      hint: `follow it: \`ilab-backend watch ${run}\`; or end the run: \`ilab-backend cancel ${run}\``,
    });
  }

  /** Whether a driver lives; one that nobody can judge does. */
  async isHeld(run: string): Promise<boolean> {
    return this.#judge(await this.#get(run)).kind === 'held';
  }

  /** The runs of which `isHeld` is true. */
  async held(): Promise<ReadonlySet<string>> {
    const { items } = await this.#deps.api.list(leases, { labels: selectorOf('driver') });
    const held = items.filter((lease) => this.#judge(lease).kind === 'held');
    return new Set(held.map((lease) => runOfLease(lease.metadata.name)));
  }

  /** True once no driver lives; false when `signal` fires before that. */
  async untilFree(run: string, signal: AbortSignal): Promise<boolean> {
    const watch = new LeaseWatch(this.#deps.api, run, signal);
    try {
      while (!signal.aborted) {
        watch.throwFault();
        const looksFree = watch.listed && this.#judge(watch.lease).kind === 'free';
        // The server's clock moves on while we are cut off from it: only an answer of now counts.
        if (looksFree && !(await this.isHeld(run))) return true;
        await watch.change(this.#deps.clock, CHECK_SECONDS);
      }
      return false;
    } finally {
      await watch.end();
    }
  }

  /** Takes the Lease of that anchor away. */
  async remove(run: string, anchor: KubeObject): Promise<void> {
    const lease = await this.#get(run);
    if (lease === undefined || !isOwnedBy(lease, anchor)) return;
    await this.#deps.api.delete(leases, lease.metadata.name, { uid: lease.metadata.uid });
  }

  #ending(run: string, cause: KubeFault): UserError {
    const { namespace, context } = this.#deps.api.place;
    return new UserError('run-lost', `namespace ${namespace} of ${context} is being deleted, and run ${run} with it`, {
      cause,
    });
  }

  #get(run: string): Promise<KubeObject | undefined> {
    return this.#deps.api.get(leases, leaseName(run));
  }

  async #own(run: string, owner: LeaseOwner): Promise<KubeObject | undefined> {
    const found = await this.#deps.api.get(leases, leaseName(run));
    return found !== undefined && holderOf(found) === owner.identity ? found : undefined;
  }

  #judge(lease: KubeObject | undefined): LeaseState {
    const { holder, api } = this.#deps;
    const state = judgeLease(lease, { holder, isLive: isLiveLock, serverNow: api.serverNow() });
    if (lease === undefined || state.kind === 'free' || state.silentSeconds !== undefined) return state;
    return this.#hasBeenSilent(lease) ? { kind: 'free' } : state;
  }

  /** Looks until the Lease has had its time: true when nothing renewed it meanwhile. */
  async #isSilent(run: string, lease: KubeObject): Promise<boolean> {
    for (;;) {
      if (this.#hasBeenSilent(lease)) return true;
      await this.#deps.clock.sleep(OBSERVE_SECONDS);
      const now = await this.#get(run);
      if (now === undefined) return true;
      if (now.metadata.resourceVersion !== lease.metadata.resourceVersion) return holderOf(now) === undefined;
    }
  }

  /** Without a time of the server's: whether it stood still for its whole time while this program looked on. */
  #hasBeenSilent(lease: KubeObject): boolean {
    const { uid, resourceVersion } = lease.metadata;
    const now = this.#deps.clock.elapsed();
    const seen = this.#observed.get(uid);
    if (seen?.version !== resourceVersion) {
      this.#observed.set(uid, { version: resourceVersion, since: now });
      return false;
    }
    return now - seen.since > (durationOf(lease) + MARGIN_SECONDS) * 1000;
  }
}

/** The Lease of one run, kept up to date. */
class LeaseWatch {
  lease: KubeObject | undefined;
  listed = false;
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  #fault: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(api: KubeApi, run: string, signal: AbortSignal) {
    const leave = AbortSignal.any([signal, this.#stop.signal]);
    this.#work = this.#read(api, run, leave).catch((error: unknown) => {
      this.#fault = error;
      this.#tell();
    });
    leave.addEventListener('abort', () => this.#tell(), { once: true });
  }

  throwFault(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Resolves at the next change, after `seconds` at the latest. */
  async change(clock: StoreClock, seconds: number): Promise<void> {
    const enough = new AbortController();
    const signal = AbortSignal.any([enough.signal, this.#stop.signal]);
    await firstOf([this.#changed.promise, clock.sleep(seconds, signal).catch(() => undefined)]);
    enough.abort();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #read(api: KubeApi, run: string, signal: AbortSignal): Promise<void> {
    for await (const event of api.watch(leases, { fields: `metadata.name=${leaseName(run)}` }, signal)) {
      if (event.kind === 'listed') this.lease = event.items[0];
      else this.lease = event.kind === 'changed' ? event.object : undefined;
      this.listed = true;
      this.#tell();
    }
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
