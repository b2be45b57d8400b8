import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApi } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { Patience } from '../../../../src/adapters/kubernetes/run-store/patience.ts';
import { createStoreClock } from '../../../../src/adapters/kubernetes/run-store/store-clock.ts';
import { ClusterLogs } from '../../../../src/adapters/kubernetes/target/cluster-logs.ts';
import { KubernetesTarget } from '../../../../src/adapters/kubernetes/target/kubernetes-target.ts';
import { RunObjects } from '../../../../src/adapters/kubernetes/target/run-objects.ts';

/** A target in one namespace as one program on one machine has it. */
export class TargetHere {
  readonly api: KubeApi;
  readonly target: KubernetesTarget;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ilab-target-'));

  /** `pace`: how many seconds pass for graces in one of the machine's. */
  constructor(api: KubeApi, pace = 1) {
    this.api = api;
    const watched = new Map<string, RunObjects>();
    const objects = (run: string): RunObjects => {
      const known = watched.get(run) ?? new RunObjects(api, run);
      watched.set(run, known);
      return known;
    };
    this.target = new KubernetesTarget({
      api,
      images: {
        identify: async (image) => ({ reference: image, identity: image }),
        imageState: async () => 'known',
      },
      logs: new ClusterLogs({ api, folder: this.#folder, objects, onTrouble: () => undefined }),
      objects,
      patience: new Patience({ place: api.place, clock: createStoreClock(), seconds: 60, onWaiting: () => undefined }),
      monotonic: () => performance.now() * pace,
      pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
      claim: () => ({ metadata: { name: 'no-claim' } }),
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
