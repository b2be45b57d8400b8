import { type KubeObject, listAt, textAt } from '../api/kube-api.ts';

/**
 * When the server last stored a change of the object, by the server's own clock; milliseconds since 1970, to the second.
 * Undefined where the cluster keeps no `managedFields`.
 */
export function lastWrite(object: KubeObject): number | undefined {
  const times = listAt(object, 'metadata', 'managedFields')
    .map((entry) => Date.parse(textAt(entry, 'time') ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
