import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Patience } from '../../../src/adapters/s3/patience.ts';
import { storeFile } from '../../../src/adapters/s3/store-file.ts';
import { ObjectFault } from '../../../src/domain/data/object-fault.ts';
import { fileOf, sha256 } from '../../contract/object-store-contract.ts';
import { MemoryObjectStore } from '../../fakes/memory-object-store.ts';

const PART = 100;
const bytes = randomBytes(3 * PART + 7);

/** Time that passes when somebody sleeps. */
function patient(seconds: number): Patience & { readonly told: string[] } {
  let now = 0;
  const told: string[] = [];
  return {
    told,
    clock: {
      now: () => new Date(now),
      sleep: async (pause) => {
        now += pause * 1000;
      },
    },
    signal: new AbortController().signal,
    seconds,
    onAway: (fault) => told.push(fault.message),
    onBack: () => told.push('back'),
  };
}

const away = () => new ObjectFault('away', 'away', {});

test('whatever request fails, before or after it was done: stored once, nothing left behind', async () => {
  const clean = new MemoryObjectStore();
  await storeFile(clean, fileOf('key', bytes), patient(10), PART);
  for (let at = 0; at < clean.asked.length; at += 1) {
    for (const fails of ['before', 'after'] as const) {
      const store = new MemoryObjectStore();
      let seen = 0;
      store.before = (_, when) => {
        if (when !== fails) return;
        seen += 1;
        if (seen === at + 1) throw away();
      };
      const patience = patient(10);
      await storeFile(store, fileOf('key', bytes), patience, PART);
      expect(patience.told, `${clean.asked[at]} ${fails}`).toEqual(['away', 'back']);
      expect(store.objects.get('key')?.sha256).toBe(sha256(bytes));
      expect(store.objects.get('key')?.bytes).toEqual(bytes);
      expect(await store.uploads('key', patience.signal)).toEqual([]);
    }
  }
});

test('whoever dies at any request is followed by another, who sends no part twice', async () => {
  const clean = new MemoryObjectStore();
  await storeFile(clean, fileOf('key', bytes), patient(10), PART);
  for (let at = 1; at <= clean.asked.length; at += 1) {
    const store = new MemoryObjectStore();
    store.before = (_, when) => {
      if (when === 'after' && store.asked.length === at) throw new ObjectFault('refused', 'dead', {});
    };
    await storeFile(store, fileOf('key', bytes), patient(0), PART).catch(() => undefined);
    store.before = () => undefined;
    await storeFile(store, fileOf('key', bytes), patient(0), PART);
    expect(store.objects.get('key')?.bytes).toEqual(bytes);
    expect(await store.uploads('key', new AbortController().signal)).toEqual([]);
    const parts = store.asked.filter((request) => request.startsWith('part '));
    expect(new Set(parts).size, `died at ${at}`).toBe(parts.length);
  }
});

test('a storage that stays away is given up after its time, one that refuses at once', async () => {
  const store = new MemoryObjectStore();
  store.before = () => {
    throw away();
  };
  const patience = patient(60);
  await expect(storeFile(store, fileOf('key', bytes), patience, PART)).rejects.toMatchObject({ kind: 'away' });
  expect(patience.clock.now().getTime()).toBe(60_000);
  store.before = () => {
    throw new ObjectFault('refused', 'refused', {});
  };
  store.asked.length = 0;
  await expect(storeFile(store, fileOf('key', bytes), patience, PART)).rejects.toMatchObject({ kind: 'refused' });
  expect(store.asked).toEqual(['look']);
});
