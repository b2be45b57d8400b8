import { STORE_SIDECAR, type StoreReport, storeReport } from '../../../domain/attempt/store-sidecar.ts';
import { type KubeObject, textAt } from '../api/kube-api.ts';
import { containersOf, numberAt, terminated, timeAt } from './objects.ts';
import { clean } from './words.ts';

/** What the sidecar that stores outputs said in the newest pod that had it; undefined when it said nothing. */
export function storedBy(pods: readonly KubeObject[]): StoreReport | undefined {
  const said = pods.toSorted(byCreation).flatMap((pod) => {
    const end = terminated(containersOf(pod).find(({ name, role }) => name === STORE_SIDECAR && role === 'sidecar'));
    const report = storeReport(clean(textAt(end, 'message') ?? '', LONGEST_REPORT), numberAt(end, 'exitCode') ?? 255);
    return report === undefined ? [] : [report];
  });
  return said.at(-1);
}

const LONGEST_REPORT = 1000;

function byCreation(a: KubeObject, b: KubeObject): number {
  const [first, second] = [a, b].map((pod) => timeAt(pod, 'metadata', 'creationTimestamp') ?? '') as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}
