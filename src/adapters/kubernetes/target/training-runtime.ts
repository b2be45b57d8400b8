import type { JsonObject } from '../../../domain/json.ts';
import { type KubeFault, textAt } from '../api/kube-api.ts';

/*
 * A TrainJob names a runtime that is made just before it. Trainer's webhook looks for that runtime, and so does Kueue's,
 * whose words are others; both look into a copy of their own that is a moment behind.
 */

/** The runtime among `others` that a TrainJob names; undefined for other kinds, and where nobody makes it. */
export function runtimeOf(object: JsonObject, others: readonly JsonObject[]): JsonObject | undefined {
  const name = textAt(object, 'spec', 'runtimeRef', 'name');
  const kind = textAt(object, 'spec', 'runtimeRef', 'kind');
  if (name === undefined) return undefined;
  return others.find((other) => textAt(other, 'metadata', 'name') === name && textAt(other, 'kind') === kind);
}

/** Whether it was refused because a webhook did not see its runtime. */
export function lacksRuntime({ message }: KubeFault): boolean {
  return /spec\.runtimeRef|runtime '[^']*' not found/i.test(message);
}
