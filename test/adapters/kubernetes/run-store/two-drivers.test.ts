import { describe, expect, test } from 'vitest';
import { RunSession } from '../../../../src/actions/drive/run-session.ts';
import type { RunEvent } from '../../../../src/domain/event.ts';
import type { StageName } from '../../../../src/domain/naming.ts';
import { ATTEMPT_STATES, type AttemptRecord, type AttemptState } from '../../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf } from '../../../fakes/records.ts';
import { type Machine, StoreWorld } from './world.ts';

/*
 * Two drivers of one run that know nothing of each other, as after a Lease that was lost in the middle of a write. Both take
 * every arrow of the protocol at every moment of the other: nothing that either has acknowledged is lost.
 */

const outcome = { kind: 'lost', message: 'it vanished' } as const;
const times = { bound: 'bound', outcome: 'outcome', 'logs-complete': 'logsComplete', cleaned: 'cleaned' } as const;

function at(state: AttemptState, uid: string): AttemptRecord {
  const passed = ATTEMPT_STATES.slice(1, ATTEMPT_STATES.indexOf(state) + 1) as (keyof typeof times)[];
  const stamps = Object.fromEntries(passed.map((each, index) => [times[each], `2026-01-01T00:00:0${index + 2}.000Z`]));
  return attemptOf({
    state,
    ...(passed.includes('bound') ? { uid } : {}),
    ...(passed.includes('outcome') ? { outcome } : {}),
    at: stamps as unknown as AttemptRecord['at'],
  });
}

class Driver {
  readonly events: RunEvent[] = [];
  readonly machine: Machine;
  readonly #session: RunSession;

  private constructor(machine: Machine, session: RunSession, events: RunEvent[]) {
    this.machine = machine;
    this.#session = session;
    this.events = events;
  }

  static async of(world: StoreWorld): Promise<Driver> {
    const machine = world.machine();
    const stored = await machine.store.read('weekly-1');
    if (stored === undefined) throw new Error('there is no run');
    const events: RunEvent[] = [];
    return new Driver(machine, new RunSession(machine.store, stored, (told) => events.push(...told)), events);
  }

  async take(stage: string, state: AttemptState): Promise<void> {
    await this.#session.commitAttempt(stage as StageName, at(state, `uid-of-${stage}`));
  }

  shape(): string[] {
    return this.events.map((event) => `${event.type} ${'stage' in event ? event.stage : ''}`);
  }
}

async function setUp() {
  const world = new StoreWorld();
  await world.machine().store.create(recordOf('weekly-1'), 'x');
  const [a, b] = [await Driver.of(world), await Driver.of(world)];
  const states = async (): Promise<(AttemptState | undefined)[]> =>
    ((await world.machine().store.read('weekly-1'))?.record.stages ?? []).map((stage) => stage.attempts[0]?.state);
  return { world, a, b, states };
}

describe('two drivers', () => {
  test.each(ATTEMPT_STATES.map((state) => [state]))(
    'one writes every arrow of another stage between the reading and the writing of %s',
    async (moment) => {
      const { world, a, b, states } = await setUp();
      for (const state of ATTEMPT_STATES) {
        if (state === moment) await meanwhile(world, a, async () => everyArrow(b, 'two'));
        await a.take('one', state);
      }
      expect(await states()).toEqual(['cleaned', 'cleaned']);
      // What the other did is told where it is first seen, and each thing once.
      expect(new Set(a.shape()).size).toBe(a.shape().length);
      expect(a.shape()).toContain('attempt-ended two');
    },
  );

  test('one is an arrow ahead on the same stage all the time: states only move forward', async () => {
    const { world, a, b, states } = await setUp();
    for (const [index, state] of ATTEMPT_STATES.entries()) {
      const ahead = ATTEMPT_STATES[Math.min(index + 1, ATTEMPT_STATES.length - 1)] as AttemptState;
      await meanwhile(world, a, () => b.take('one', ahead));
      await a.take('one', state);
    }
    expect(await states()).toEqual(['cleaned', undefined]);
    expect(a.shape().filter((line) => line === 'attempt-ended one')).toHaveLength(1);
  });

  test('both at once, in whatever order their requests come', async () => {
    const { world, a, b, states } = await setUp();
    let turn = 0;
    world.cluster.hook = async () => {
      turn += 1;
      for (let left = (turn * 7) % 5; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
    };
    await Promise.all([everyArrow(a, 'one'), everyArrow(b, 'two')]);
    expect(await states()).toEqual(['cleaned', 'cleaned']);
  });

  test.each(['ambiguous-stored', 'ambiguous-lost'] as const)('and the answers of both are lost: %s', async (fault) => {
    const { world, a, b, states } = await setUp();
    for (const state of ATTEMPT_STATES) {
      world.cluster.failNext('update', 'configmaps', fault);
      world.cluster.failNext('update', 'configmaps', fault);
      await Promise.all([a.take('one', state), b.take('two', state)]);
    }
    expect(await states()).toEqual(['cleaned', 'cleaned']);
  });
});

async function everyArrow(driver: Driver, stage: string): Promise<void> {
  for (const state of ATTEMPT_STATES) await driver.take(stage, state);
}

/** Lets something happen right before the next write of a driver reaches the server. */
async function meanwhile(world: StoreWorld, driver: Driver, what: () => Promise<void>): Promise<void> {
  let done = false;
  world.cluster.hook = async (moment, { verb, user }) => {
    if (done || moment !== 'before' || verb !== 'update' || user !== driver.machine.host) return;
    done = true;
    await what();
  };
}
