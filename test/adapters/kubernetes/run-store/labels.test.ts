import { expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { recordOf } from '../../../fakes/records.ts';
import { StoreWorld } from './world.ts';

test('every object of the record carries the labels of the pod settings, and ours go before them', async () => {
  const world = new StoreWorld();
  const { store } = world.machine();
  const labels = { 'cost-center': '4711', 'example.org/team': 'models', 'ilab-backend.dev/run': 'other' };
  await store.create(recordOf('weekly-47', ['train']), '{}', { labels });
  const lock = await store.lock('weekly-47', 'driver');
  const objects = [RESOURCES.configMaps, RESOURCES.leases].flatMap((kind) => world.cluster.objects(kind));
  expect(objects.map(({ metadata }) => metadata.name).sort()).toEqual([
    'weekly-47-run',
    'weekly-47-run',
    'weekly-47-sources-1',
  ]);
  for (const { metadata } of objects) {
    expect(metadata['labels']).toMatchObject({
      ...{ 'cost-center': '4711', 'example.org/team': 'models' },
      ...{ 'app.kubernetes.io/managed-by': 'ilab-backend', 'ilab-backend.dev/run': 'weekly-47' },
    });
  }
  await lock?.release();
});
