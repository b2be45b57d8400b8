import { expect, test } from 'vitest';
import type { Deps } from '../../src/actions/deps.ts';
import { detachRun } from '../../src/actions/detach-run.ts';
import type { Pin } from '../../src/actions/plan/run-document.ts';
import type { DriverSight } from '../../src/ports/driver-host.ts';
import { type FakeStage, FakeWorld } from '../fakes/story.ts';

const CHAIN: readonly FakeStage[] = [{ name: 'one' }, { name: 'two', needs: ['one'] }];
const never = new AbortController().signal;

/** A world in which whoever is started shows `sights`, and `begins` does what a driver does. */
async function detach(
  sights: readonly DriverSight[],
  { begins, isDriven = false }: { readonly begins?: (world: FakeWorld) => Promise<void>; readonly isDriven?: boolean },
) {
  const world = new FakeWorld(CHAIN, () => undefined);
  const placed: string[] = [];
  const pins = ['one', 'two'].map((stage) => pinOf(stage));
  await world.start('weekly-1', { ...world.document(), pins });
  if (isDriven) await world.store.lock('weekly-1');
  const waits: string[] = [];
  const started: string[] = [];
  const deps: Deps = {
    ...world.deps(),
    // Whoever begins does so within the time.
    clock: {
      ...world.deps().clock,
      sleep: async (_, signal) => {
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      },
    },
    sources: {
      ...world.deps().sources,
      place: async (source) => {
        if (source.kind === 'folder') placed.push(source.path);
      },
    },
    drivers: {
      beginSeconds: 1,
      check: async () => undefined,
      start: async (run) => {
        started.push(`${run} after ${placed.join(', ')}`);
        await begins?.(world);
        return {
          where: 'there',
          follow: async function* () {
            yield* sights;
          },
        };
      },
      isComing: async () => false,
      remove: async () => undefined,
    },
  };
  const detached = detachRun(deps, { name: 'weekly-1' }, ({ reason }) => waits.push(reason), never);
  return { detached, waits, started };
}

function pinOf(stage: string): Pin {
  const source = { kind: 'folder', path: `/data/${stage}`, digest: 'd', subPath: 's', companions: [] } as const;
  return { stage, input: 'data', request: { input: 'data', location: `/data/${stage}`, builtin: [] }, source };
}

async function begin(world: FakeWorld): Promise<void> {
  const stored = await world.store.read('weekly-1');
  if (stored === undefined) throw new Error('it was not recorded');
  const driver = { id: 'd', host: 'there', pid: 1, user: 'ada', startedAt: '2026-01-01T00:00:00Z' };
  await world.store.update({ ...stored.record, drivers: [driver] }, stored.version);
}

test('what only this machine has is placed before the driver is started', async () => {
  const { detached, started } = await detach([{ kind: 'runs' }], { begins: begin });
  expect(await detached).toEqual({ where: 'there', kind: 'drives' });
  expect(started).toEqual(['weekly-1 after /data/one, /data/two']);
});

test('a driver beside a living one only follows', async () => {
  const { detached } = await detach([{ kind: 'runs' }], { isDriven: true });
  expect(await detached).toEqual({ where: 'there', kind: 'follows' });
});

test('one that never begins is named with its reason', async () => {
  const { detached, waits } = await detach(
    [
      { kind: 'waits', reason: 'no room' },
      { kind: 'failed', reason: 'image x is not there' },
    ],
    {},
  );
  await expect(detached).rejects.toMatchObject({
    code: 'cannot-start',
    message: 'the driver of weekly-1 (there) did not begin: image x is not there',
  });
  expect(waits).toEqual(['no room']);
});

test('one that came to a bad end at once did begin', async () => {
  const { detached } = await detach([{ kind: 'failed', reason: 'exit 3' }], { begins: begin });
  expect(await detached).toEqual({ where: 'there', kind: 'drives' });
});

test('one that still waits when its time is over may begin later', async () => {
  const { detached } = await detach([{ kind: 'waits', reason: 'no room' }], {});
  expect(await detached).toEqual({ where: 'there', kind: 'not-yet', reason: 'no room' });
});
