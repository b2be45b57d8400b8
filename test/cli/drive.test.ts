import { expect, test } from 'vitest';
import type { Deps } from '../../src/actions/deps.ts';
import { driveRun } from '../../src/actions/drive/drive-run.ts';
import { driveOrDetach } from '../../src/cli/drive.ts';
import type { DriveFlags } from '../../src/cli/drive-options.ts';
import type { PlaceFlags } from '../../src/cli/place.ts';
import type { DriverOptions } from '../../src/domain/driver-arguments.ts';
import { FakeWorld } from '../fakes/story.ts';
import { Terminal } from './terminal.ts';

/** Hands `weekly-1` to a driver; `onStart` is called with what it was told, before it has begun. */
async function detach(
  flags: DriveFlags & PlaceFlags,
  onStart: (options: DriverOptions, pressCtrlC: () => void) => void,
): Promise<FakeWorld> {
  const world = new FakeWorld([{ name: 'one' }], () => undefined);
  await world.start('weekly-1', world.document());
  let pressCtrlC = (): void => undefined;
  const deps: Deps = {
    ...world.deps(),
    drivers: {
      beginSeconds: 1,
      check: async () => undefined,
      start: async (_, options) => {
        onStart(options, pressCtrlC);
        return {
          where: 'there',
          follow: async function* () {
            yield { kind: 'failed', reason: 'nobody is there' };
          },
        };
      },
      isComing: async () => false,
      remove: async () => undefined,
    },
  };
  const context = new Terminal().context({
    onInterrupt: (work) => {
      pressCtrlC = work;
    },
  });
  const handed = driveOrDetach(context, deps, 'weekly-1', { ...flags, detach: true }, driveRun);
  await expect(handed).rejects.toMatchObject({ message: expect.stringContaining('nobody is there') });
  return world;
}

test('a driver of its own is told what was said of the driving', async () => {
  const told: DriverOptions[] = [];
  await detach({ timeout: 60, maxOffline: 7200 }, (options) => told.push(options));
  await detach({}, (options) => told.push(options));
  // From when on its time counts.
  const since = expect.any(String);
  expect(told).toEqual([{ timeoutSeconds: 60, maxOfflineSeconds: 7200, since }, { since }]);
});

test('Ctrl-C cancels a run that is being handed over, where it was said so', async () => {
  const press = (_: DriverOptions, pressCtrlC: () => void): void => pressCtrlC();
  const cancelled = await detach({ onInterrupt: 'cancel' }, press);
  const wish = async (world: FakeWorld) => (await world.store.read('weekly-1'))?.record.cancel;
  await expect.poll(() => wish(cancelled)).toMatchObject({ reason: 'interrupted' });
  expect(await wish(await detach({ onInterrupt: 'detach' }, press))).toBeUndefined();
});
