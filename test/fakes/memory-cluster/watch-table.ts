import type { KubeObject, Resource, WatchEvent } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { EventQueue } from './event-queue.ts';
import type { MemoryCluster } from './memory-cluster.ts';

/** The events of a watch that begins now. An object that is not selected any more is `deleted`, as a server says it. */
export function watchTable(
  cluster: MemoryCluster,
  resource: Resource,
  namespace: string,
  selected: (object: KubeObject) => boolean,
  signal: AbortSignal,
): AsyncIterable<WatchEvent> {
  const queue = new EventQueue<WatchEvent>();
  const known = new Set<string>();
  const list = (): void => {
    const items = cluster.table.list(resource, namespace).filter(selected);
    known.clear();
    for (const item of items) known.add(item.metadata.uid);
    queue.push({ kind: 'listed', items });
  };
  const leaveTable = cluster.table.listen((change) => {
    if (!cluster.reachable || change.resource.plural !== resource.plural) return;
    if (change.resource.apiVersion !== resource.apiVersion) return;
    if (resource.namespaced && change.object.metadata['namespace'] !== namespace) return;
    const { uid } = change.object.metadata;
    const there = change.kind === 'changed' && selected(change.object);
    if (there) known.add(uid);
    else if (!known.delete(uid)) return;
    queue.push({ kind: there ? 'changed' : 'deleted', object: change.object });
  });
  const leaveCluster = cluster.onInterruption((what) => {
    if (what !== 'unreachable') list();
  });
  list();
  return read(queue, signal, () => {
    leaveTable();
    leaveCluster();
  });
}

async function* read(
  queue: EventQueue<WatchEvent>,
  signal: AbortSignal,
  leave: () => void,
): AsyncGenerator<WatchEvent, void> {
  try {
    yield* queue.read(signal);
  } finally {
    leave();
  }
}
