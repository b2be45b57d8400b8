import { setTimeout as delay } from 'node:timers/promises';
import type { DriverSight } from '../../ports/driver-host.ts';
import { type KubeApi, type KubeObject, RESOURCES } from './api/kube-api.ts';
import { observeAttempt } from './target/observe-attempt.ts';
import { RunObjects } from './target/run-objects.ts';

/**
 * The Job of a driver, judged as any workload: why it does not start, and how it ended. `run`: the run its pods are labelled
 * with.
 */
export async function* followDriver(
  api: KubeApi,
  run: string,
  { metadata: { name, uid } }: KubeObject,
  signal: AbortSignal,
): AsyncGenerator<DriverSight, void> {
  const observed = {
    ...{ api, name, uid, objects: new RunObjects(api, run), workload: RESOURCES.jobs },
    monotonic: () => performance.now(),
    pause: (ms: number, over: AbortSignal) => delay(ms, undefined, { signal: over }).catch(() => undefined),
    // Nobody waits for its log, and why its Job is gone is told with the run.
    logsComplete: async () => undefined,
    isPlaceEnding: async () => false,
  };
  for await (const seen of observeAttempt(observed, signal)) {
    switch (seen.kind) {
      case 'waiting':
      case 'troubled':
        if (seen.reason === '') break;
        yield { kind: 'waits', reason: seen.reason, ...(seen.fix === undefined ? {} : { fix: seen.fix }) };
        break;
      case 'started':
        yield { kind: 'runs' };
        break;
      case 'ended':
        if (seen.outcome.kind === 'failed') yield { kind: 'failed', reason: seen.outcome.message };
        return;
      case 'gone':
        yield { kind: 'failed', reason: 'its Job was deleted' };
        return;
    }
  }
}
