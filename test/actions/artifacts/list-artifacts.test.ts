import { expect, test } from 'vitest';
import { listArtifacts } from '../../../src/actions/artifacts/list-artifacts.ts';
import { listProducts } from '../../../src/actions/artifacts/list-products.ts';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import type { Outcome } from '../../../src/domain/attempt/outcome.ts';
import { FakeWorld, play } from '../../fakes/story.ts';

const PLAIN: Outcome = {
  kind: 'succeeded',
  result: { version: 1, metrics: {}, artifacts: [{ name: 'artifacts', path: '.', digest: 'sha256:a', size: 1 }] },
};

test('what a plain stage made lies in the folder of its attempt', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => PLAIN);
  await world.start('weekly-1');
  await play(driveRun(world.deps(), { name: 'weekly-1' }, new AbortController().signal));
  const fake = world.deps();
  const deps = { ...fake, artifacts: { ...fake.artifacts, folder: () => '/runs/weekly-1/one/1' } };
  const [listed] = await listArtifacts(deps, 'weekly-1', { wanted: [], contents: false });
  expect(listed?.location).toBe('/runs/weekly-1/one/1');
  expect((await listProducts(deps, 'weekly-1'))[0]?.location).toBe('/runs/weekly-1/one/1');
});
