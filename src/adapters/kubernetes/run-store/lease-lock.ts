import type { RunLock } from '../../../ports/run-store.ts';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES } from '../api/kube-api.ts';
import { freedLease, holderOf, LEASE_SECONDS, MARGIN_SECONDS, RENEW_SECONDS, renewedLease } from './lease.ts';
import type { StoreClock } from './store-clock.ts';

const { leases } = RESOURCES;

const LIMIT_MS = (LEASE_SECONDS - MARGIN_SECONDS) * 1000;
/** Giving a right back is a courtesy: nobody waits long for it. */
const RELEASE_MS = 2000;
/** How often it is asked whether the time is over: a machine that slept wakes with old timers. */
const CHECK_SECONDS = 1;

/** The identities under which this process holds a lock, in whatever store. */
const live = new Set<string>();

/** Whether a lock of this process with that identity is neither released nor lost. */
export function isLiveLock(identity: string): boolean {
  return live.has(identity);
}

/** A Lease that this process holds, and keeps until it is released or lost. */
export class LeaseLock implements RunLock {
  readonly #api: KubeApi;
  readonly #clock: StoreClock;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  readonly #identity: string;
  #lease: KubeObject;
  /** When the last write that was stored was sent: the server counts from a later moment. */
  #sentAt: number;
  readonly #work: Promise<unknown>;

  /** `lease` was written by us, sent at `sentAt` of the clock. */
  constructor(api: KubeApi, clock: StoreClock, lease: KubeObject, sentAt: number) {
    this.#api = api;
    this.#clock = clock;
    this.#lease = lease;
    this.#sentAt = sentAt;
    this.#identity = holderOf(lease) ?? '';
    live.add(this.#identity);
    this.#work = Promise.allSettled([this.#keep(), this.#guard()]);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    const held = !this.#over.signal.aborted;
    this.#end();
    await this.#work;
    if (!held) return;
    // Whatever stands in the way, the Lease runs out by itself.
    await this.#free(AbortSignal.timeout(RELEASE_MS)).catch(() => undefined);
  }

  async #free(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#api.replace(leases, freedLease(this.#lease), signal);
        return;
      } catch (error) {
        if (!(error instanceof KubeFault) || error.kind !== 'conflict') throw error;
        // A renewal that was on its way came first.
        if (!(await this.#reread(signal))) return;
      }
    }
  }

  /** Renews until the lock is over. */
  async #keep(): Promise<void> {
    const over = this.#over.signal;
    while (!over.aborted) {
      await this.#clock.sleep(RENEW_SECONDS, over);
      while (!over.aborted && !(await this.#renew(over))) await this.#clock.sleep(CHECK_SECONDS, over);
    }
  }

  /** False when it has to be tried again. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const sentAt = this.#clock.elapsed();
    try {
      this.#lease = await this.#api.replace(leases, renewedLease(this.#lease, new Date()), signal);
      this.#sentAt = sentAt;
      return true;
    } catch (error) {
      if (!(error instanceof KubeFault)) return false;
      if (error.kind === 'not-found') this.#lose();
      // Somebody wrote in between: it is ours as long as it says so, whoever added what.
      if (error.kind === 'conflict' || error.kind === 'ambiguous' || error.kind === 'server') {
        const ours = await this.#reread(signal).catch(() => true);
        if (!ours) this.#lose();
      }
      return false;
    }
  }

  /** Takes in the Lease as it is stored; false when it is not ours any more. */
  async #reread(signal: AbortSignal): Promise<boolean> {
    const found = await this.#api.get(leases, this.#lease.metadata.name, signal);
    if (found === undefined || found.metadata.uid !== this.#lease.metadata.uid) return false;
    if (holderOf(found) !== holderOf(this.#lease)) return false;
    this.#lease = found;
    return true;
  }

  /** Ends the lock before others may take it. */
  async #guard(): Promise<void> {
    const over = this.#over.signal;
    while (!over.aborted) {
      const left = this.#sentAt + LIMIT_MS - this.#clock.elapsed();
      if (left <= 0) return this.#lose();
      await this.#clock.sleep(Math.min(left / 1000, CHECK_SECONDS), over);
    }
  }

  #lose(): void {
    if (this.#over.signal.aborted) return;
    this.#end();
    this.#lost.abort();
  }

  #end(): void {
    live.delete(this.#identity);
    this.#over.abort();
  }
}
