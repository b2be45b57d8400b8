import { ClusterRunStore } from '../../../../src/adapters/kubernetes/run-store/cluster-run-store.ts';
import type { HolderProcess } from '../../../../src/adapters/kubernetes/run-store/holder.ts';
import { ManualClock } from '../../../fakes/memory-cluster/manual-clock.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';
import type { MemoryKubeApi } from '../../../fakes/memory-cluster/memory-kube-api.ts';

/** A program on some machine, with its view of the cluster. */
export interface Machine {
  readonly api: MemoryKubeApi;
  readonly store: ClusterRunStore;
  readonly host: string;
  /** Names its process: `dead.add(mark)`. */
  readonly mark: string;
}

/** A cluster, a clock that the test moves, and machines. */
export class StoreWorld {
  readonly clock = new ManualClock();
  readonly cluster = new MemoryCluster({ now: this.clock.now });
  /** Marks of processes that are dead, as only their own machine can tell. */
  readonly dead = new Set<string>();
  #count = 0;

  machine(options: { readonly host?: string } = {}): Machine {
    this.#count += 1;
    const { host = `host-${this.#count}` } = options;
    const mark = `${host} ${this.#count}`;
    const holder: HolderProcess = {
      host,
      pid: this.#count,
      mark,
      isDead: (other) => other.split(' ')[0] === host && this.dead.has(other),
    };
    const api = this.cluster.client({ user: host });
    return { api, store: new ClusterRunStore(api, { holder, clock: this.clock }), host, mark };
  }

  /** Ends a machine's program right before or after its request of that number, counted from 1. */
  killAt(dying: Machine, count: number, moment: 'before' | 'after'): void {
    let seen = 0;
    this.cluster.hook = (now, request) => {
      if (request.user !== dying.host) return;
      if (now === 'before') seen += 1;
      if (now === moment && seen === count) dying.api.kill();
    };
  }
}
