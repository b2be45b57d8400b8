import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mergeRecords } from '../../src/domain/run/merge.ts';
import type { RunRecord } from '../../src/domain/run/run-record.ts';
import type { RunStore } from '../../src/ports/run-store.ts';
import { attemptOf, recordOf, withStage } from '../fakes/records.ts';

/** A store of one's own, empty, for one test. */
export interface RunStoreHarness {
  readonly store: RunStore;
  /** The same place as another program sees it. */
  open(): RunStore;
  remove(): Promise<void>;
}

const never = new AbortController().signal;

/** What any RunStore promises to the actions (src/ports/run-store.ts). */
export function describeRunStore(name: string, make: () => Promise<RunStoreHarness>): void {
  describe(`the run store ${name}`, () => {
    let here: RunStoreHarness;
    let store: RunStore;
    let other: RunStore;
    beforeEach(async () => {
      here = await make();
      store = here.store;
      other = here.open();
    });
    afterEach(() => here.remove());

    async function create(run = 'weekly-1', sources = 'the sources') {
      const made = await store.create(recordOf(run), sources);
      if (made === undefined) throw new Error(`${run} was taken`);
      return made;
    }

    describe('a run', () => {
      test('is read back by another program, with its sources', async () => {
        const made = await create('weekly-1', '{"text": "Größe 3 € 🦙"}\n');
        expect(await other.read('weekly-1')).toEqual({ record: recordOf('weekly-1'), version: made.version });
        expect(await other.readSources('weekly-1')).toBe('{"text": "Größe 3 € 🦙"}\n');
      });

      test('may have sources of some megabytes that do not pack well', async () => {
        const sources = noise(2_500_000);
        await create('weekly-1', sources);
        expect((await other.readSources('weekly-1')) === sources).toBe(true);
      });

      test('has a name that is given once', async () => {
        await create('weekly-1', 'x');
        expect(await other.create(recordOf('weekly-1'), 'y')).toBeUndefined();
        expect(await store.readSources('weekly-1')).toBe('x');
      });

      test('is created by one of two who try at once', async () => {
        const made = await Promise.all([
          store.create({ ...recordOf('weekly-1'), id: 'of-the-first' }, 'first'),
          other.create({ ...recordOf('weekly-1'), id: 'of-the-second' }, 'second'),
        ]);
        expect(made.filter((run) => run !== undefined)).toHaveLength(1);
        const won = made[0] === undefined ? 'second' : 'first';
        expect((await store.read('weekly-1'))?.record.id).toBe(`of-the-${won}`);
        expect(await other.readSources('weekly-1')).toBe(won);
      });

      test('that is not there is nothing', async () => {
        expect(await store.read('weekly-1')).toBeUndefined();
        expect(await store.isLocked('weekly-1')).toBe(false);
        expect(await store.list()).toEqual([]);
        expect(await store.remove('weekly-1')).toBe(false);
        for await (const seen of store.watch('weekly-1', never)) throw new Error(`it saw ${seen.version}`);
      });
    });

    describe('a write', () => {
      test('needs the version it was read at', async () => {
        const made = await create();
        const first = await store.update(epoch(2), made.version);
        expect(first?.record.epoch).toBe(2);
        expect(await other.update(epoch(3), made.version)).toBeUndefined();
        expect((await other.read('weekly-1'))?.record.epoch).toBe(2);
        expect((await other.update(epoch(3), first?.version ?? ''))?.record.epoch).toBe(3);
        expect(await store.readSources('weekly-1')).toBe('the sources');
      });

      test('of a run that was removed, or made anew, is refused', async () => {
        const made = await create();
        await other.remove('weekly-1');
        expect(await store.update(epoch(2), made.version)).toBeUndefined();
        expect(await store.read('weekly-1')).toBeUndefined();
      });

      test('of two drivers who read, merge and write keeps what both have acknowledged', async () => {
        await create();
        await Promise.all([
          commit(store, (record) => withStage(record, 'one', { attempts: [attemptOf({ state: 'bound', uid: 'a' })] })),
          commit(other, (record) => withStage(record, 'two', { attempts: [attemptOf({ state: 'bound', uid: 'b' })] })),
          commit(store, (record) => ({ ...record, epoch: 2 })),
        ]);
        const record = (await here.open().read('weekly-1'))?.record;
        expect(record?.epoch).toBe(2);
        expect(record?.stages.map(({ attempts }) => attempts[0]?.uid)).toEqual(['a', 'b']);
      });
    });

    describe('the list', () => {
      test('is newest first, and forgets what was removed', async () => {
        for (const [index, run] of ['b', 'a', 'c'].entries()) {
          await store.create({ ...recordOf(run), createdAt: `2026-01-0${index + 1}T00:00:00.000Z` }, 'same sources');
        }
        expect((await other.list()).map(({ record }) => record.name)).toEqual(['c', 'a', 'b']);
        expect(await store.remove('a')).toBe(true);
        expect(await other.remove('a')).toBe(false);
        expect((await store.list()).map(({ record }) => record.name)).toEqual(['c', 'b']);
        expect(await store.readSources('b')).toBe('same sources');
      });

      test('holds of each run what is kept of it, in the same order', async () => {
        for (const [index, run] of ['b', 'a', 'c'].entries()) {
          await store.create({ ...recordOf(run), createdAt: `2026-01-0${index + 1}T00:00:00.000Z` }, 'same sources');
        }
        expect(await other.listAs(({ record }) => `${record.name} ${record.epoch}`)).toEqual(['c 1', 'a 1', 'b 1']);
      });

      test('gives versions that can be written at', async () => {
        await create();
        const [listed] = await other.list();
        expect((await other.update(epoch(2), listed?.version ?? ''))?.record.epoch).toBe(2);
      });
    });

    test('a removed name can be given again, to another run', async () => {
      await create('weekly-1', noise(2_000_000));
      await store.remove('weekly-1');
      await other.create({ ...recordOf('weekly-1'), id: 'another' }, 'other sources');
      expect((await store.read('weekly-1'))?.record.id).toBe('another');
      expect(await store.readSources('weekly-1')).toBe('other sources');
    });

    describe('watch', () => {
      test('sees the present state, then each change, and ends with the run', async () => {
        const made = await create();
        const epochs: number[] = [];
        for await (const seen of other.watch('weekly-1', never)) {
          epochs.push(seen.record.epoch);
          if (seen.record.epoch === 1) await store.update(epoch(2), made.version);
          else await store.remove('weekly-1');
        }
        expect(epochs).toEqual([1, 2]);
      });

      test('gives versions that can be written at, and ends when nobody wants to know any more', async () => {
        await create();
        const stop = new AbortController();
        for await (const seen of other.watch('weekly-1', stop.signal)) {
          expect(await other.update(epoch(2), seen.version)).toBeDefined();
          stop.abort();
        }
      });
    });

    describe('the lock', () => {
      test('has one driver at a time; released, the next one has it', async () => {
        await create();
        const lock = await store.lock('weekly-1');
        expect(lock?.lost.aborted).toBe(false);
        expect(await other.lock('weekly-1')).toBeUndefined();
        expect(await other.isLocked('weekly-1')).toBe(true);
        await lock?.release();
        expect(await other.isLocked('weekly-1')).toBe(false);
        const next = await other.lock('weekly-1', 'driver-2');
        expect(next).toBeDefined();
        expect(await store.lock('weekly-1')).toBeUndefined();
        await next?.release();
        await next?.release();
      });

      test('goes to one of two who want it at once', async () => {
        await create();
        const locks = await Promise.all([store.lock('weekly-1'), other.lock('weekly-1')]);
        expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
        for (const lock of locks) await lock?.release();
      });

      test('of one run is none of another, and writing needs none', async () => {
        const made = await create('weekly-1');
        await create('weekly-2');
        const lock = await store.lock('weekly-1');
        const second = await other.lock('weekly-2');
        expect(second).toBeDefined();
        expect(await other.update(epoch(2), made.version)).toBeDefined();
        await create('weekly-3');
        expect([...(await other.whichLocked(['weekly-3', 'weekly-2', 'weekly-1']))].sort()).toEqual([
          'weekly-1',
          'weekly-2',
        ]);
        await lock?.release();
        expect([...(await other.whichLocked(['weekly-1', 'weekly-2', 'none']))]).toEqual(['weekly-2']);
        await second?.release();
      });

      test('is waited for by who follows', async () => {
        await create();
        const lock = await store.lock('weekly-1');
        const stop = new AbortController();
        const given = other.untilUndriven('weekly-1', stop.signal);
        const freed = other.untilUndriven('weekly-1', never);
        stop.abort();
        expect(await given).toBe(false);
        await lock?.release();
        expect(await freed).toBe(true);
        expect(await store.untilUndriven('weekly-1', never)).toBe(true);
      });

      test('goes with the run', async () => {
        await create();
        const lock = await store.lock('weekly-1');
        await store.remove('weekly-1');
        await lock?.release();
        await create();
        expect(await other.isLocked('weekly-1')).toBe(false);
      });
    });
  });
}

function epoch(value: number): RunRecord {
  return { ...recordOf('weekly-1'), epoch: value };
}

/** As a driver commits: at the newest record, merged with what another wrote in between. */
async function commit(store: RunStore, change: (record: RunRecord) => RunRecord): Promise<void> {
  let stored = await store.read('weekly-1');
  for (;;) {
    if (stored === undefined) throw new Error('it is gone');
    const written = await store.update(change(stored.record), stored.version);
    if (written !== undefined) return;
    const current = await store.read('weekly-1');
    if (current === undefined) throw new Error('it is gone');
    stored = { record: mergeRecords(stored.record, current.record), version: current.version };
  }
}

/** Text that is the same each time and cannot be packed to less than three quarters. */
function noise(length: number): string {
  const parts: string[] = [];
  for (let size = 0, count = 0; size < length; count += 1) {
    const part = createHash('sha512').update(String(count)).digest('base64');
    parts.push(part);
    size += part.length;
  }
  return parts.join('').slice(0, length);
}
