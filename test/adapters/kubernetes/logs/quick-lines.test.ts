import { test } from 'vitest';
import { expectStoredAlike, WAYS } from './stored-alike.ts';

/** `test/long/log-simulation.test.ts` has more containers. */
test.each(WAYS)('100 containers whose log %s are stored alike', async (_way, options) => {
  await expectStoredAlike(options, 100);
});
