import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeRecords } from '../../../../src/domain/run/merge.ts';
import type { RunLock } from '../../../../src/ports/run-store.ts';
import { faultOf } from '../../../fakes/memory-cluster/faults.ts';
import { recordOf } from '../../../fakes/records.ts';
import { type Machine, StoreWorld } from './world.ts';

/*
 * Three machines read, write, lock, release and die in any order and at once, while answers are lost and requests overtake
 * each other. What was acknowledged to anybody stays, and never do two hold the right to drive.
 */

/** `cut`: its network goes, or comes back. */
type Action = 'commit' | 'lock' | 'release' | 'kill' | 'cut';

const MACHINES = 3;
const machine = fc.nat({ max: MACHINES - 1 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('commit'), machine }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('lock'), machine }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release'), machine }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill'), machine }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut'), machine }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), seconds: fc.nat({ max: 50 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep'), seconds: fc.nat({ max: 90 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fault'),
      plural: fc.constantFrom('configmaps', 'leases'),
      fault: fc.constantFrom('ambiguous-stored', 'ambiguous-lost', 'unreachable', 'server'),
    }),
  },
) as fc.Arbitrary<
  | { readonly kind: Action; readonly machine: number }
  | { readonly kind: 'pass' | 'sleep'; readonly seconds: number }
  | {
      readonly kind: 'fault';
      readonly plural: string;
      readonly fault: 'ambiguous-stored' | 'ambiguous-lost' | 'unreachable' | 'server';
    }
>;

class Chaos {
  readonly world = new StoreWorld();
  readonly #machines: Machine[] = [];
  readonly #locks = new Map<Machine, RunLock>();
  readonly #working: Promise<unknown>[] = [];
  readonly #cut = new Set<string>();
  readonly #acknowledged = new Set<string>();
  #commits = 0;

  async begin(delays: readonly number[]): Promise<void> {
    for (let count = 0; count < MACHINES; count += 1) this.#machines.push(this.world.machine());
    await this.#machines[0]?.store.create(recordOf('weekly-1'), 'x');
    let turn = 0;
    this.world.cluster.hook = async (moment, { user, verb }) => {
      if (moment === 'before' && this.#cut.has(user)) throw faultOf('unreachable', verb, 'its network is away');
      turn += 1;
      for (let left = delays[turn % delays.length] ?? 0; left > 0; left -= 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
  }

  /** Begins an action, and does not wait for it: what it throws is the death of its machine. */
  start(kind: Action, index: number): void {
    const who = this.#machines[index];
    if (who === undefined) return;
    if (kind === 'kill') {
      who.api.kill();
      this.#locks.delete(who);
      this.#machines[index] = this.world.machine();
      return;
    }
    if (kind === 'cut') {
      if (!this.#cut.delete(who.host)) this.#cut.add(who.host);
      return;
    }
    const work = kind === 'commit' ? this.#commit(who) : kind === 'lock' ? this.#lock(who) : this.#release(who);
    this.#working.push(work.catch(() => undefined));
  }

  async #commit({ store }: Machine): Promise<void> {
    this.#commits += 1;
    const driver = { id: `d${this.#commits}`, host: 'h', pid: 1, user: 'u', startedAt: '2026-01-01T00:00:00.000Z' };
    let stored = await store.read('weekly-1');
    while (stored !== undefined) {
      const { record, version } = stored;
      if ((await store.update({ ...record, drivers: [...record.drivers, driver] }, version)) !== undefined) break;
      const current = await store.read('weekly-1');
      stored = current && { record: mergeRecords(record, current.record), version: current.version };
    }
    this.#acknowledged.add(driver.id);
  }

  async #lock(who: Machine): Promise<void> {
    if (this.#locks.has(who)) return;
    const lock = await who.store.lock('weekly-1');
    if (lock === undefined || !this.#machines.includes(who)) return;
    if (this.#locks.has(who)) return lock.release();
    this.#locks.set(who, lock);
  }

  async #release(who: Machine): Promise<void> {
    const lock = this.#locks.get(who);
    this.#locks.delete(who);
    await lock?.release();
  }

  holders(): number {
    return [...this.#locks.values()].filter(({ lost }) => !lost.aborted).length;
  }

  /** Everything that was begun has come to its end. */
  async end(): Promise<void> {
    let over = false;
    const all = Promise.all(this.#working).then(() => {
      over = true;
    });
    for (let seconds = 0; seconds < 300 && !over; seconds += 1) await this.world.clock.advance(1);
    await all;
  }

  async check(): Promise<void> {
    this.#cut.clear();
    const record = (await this.world.machine().store.read('weekly-1'))?.record;
    const written = new Set(record?.drivers.map(({ id }) => id));
    expect([...this.#acknowledged].filter((id) => !written.has(id))).toEqual([]);
    for (const who of this.#machines) {
      await this.#locks.get(who)?.release();
      who.api.kill();
    }
  }
}

test('whatever happens, what was acknowledged stays and one drives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 7 }),
      async (steps, delays) => {
        const chaos = new Chaos();
        await chaos.begin(delays);
        for (const each of steps) {
          if (each.kind === 'pass') await chaos.world.clock.advance(each.seconds);
          else if (each.kind === 'sleep') chaos.world.clock.skip(each.seconds);
          else if (each.kind === 'fault') chaos.world.cluster.failNext('update', each.plural, each.fault);
          else if ('machine' in each) chaos.start(each.kind, each.machine);
          // A machine that slept notices in its next moment.
          await chaos.world.clock.advance(0);
          expect(chaos.holders()).toBeLessThanOrEqual(1);
        }
        await chaos.end();
        expect(chaos.holders()).toBeLessThanOrEqual(1);
        await chaos.check();
      },
    ),
    { numRuns: 150 },
  );
});
