import type { RunStore, StoredRun } from '../../ports/run-store.ts';
import type { KnownPlace, KnownPlaces } from './known-places.ts';

/**
 * A store elsewhere whose runs are noted on this machine when they are made or read, so that nobody has to say again
 * where one lives. A note that cannot be written costs a flag to type, and no run.
 */
export function notingStore(store: RunStore, places: KnownPlaces, here: KnownPlace): RunStore {
  const note = (stored: StoredRun | undefined): StoredRun | undefined => {
    if (stored !== undefined) attempted(() => places.remember(stored.record.name, here));
    return stored;
  };
  return {
    place: store.place,
    ...(store.whyNothing === undefined ? {} : { whyNothing: store.whyNothing.bind(store) }),
    create: async (record, sources, marks) => note(await store.create(record, sources, marks)),
    read: async (name) => note(await store.read(name)),
    remove: async (name) => {
      const removed = await store.remove(name);
      attempted(() => places.forget(name));
      return removed;
    },
    readSources: (name) => store.readSources(name),
    update: (record, version) => store.update(record, version),
    list: (onUnreadable) => store.list(onUnreadable),
    listAs: (keep, onUnreadable) => store.listAs(keep, onUnreadable),
    watch: (name, signal) => store.watch(name, signal),
    lock: (name, driver) => store.lock(name, driver),
    ...(store.takeOver === undefined ? {} : { takeOver: store.takeOver.bind(store) }),
    isLocked: (name) => store.isLocked(name),
    whichLocked: (names) => store.whichLocked(names),
    untilUndriven: (name, signal) => store.untilUndriven(name, signal),
  };
}

function attempted(work: () => void): void {
  try {
    work();
  } catch {
    // A full or read-only disk.
  }
}
