import { afterEach, beforeEach, expect, test } from 'vitest';
import { isTimeout, viewConfig } from '../../../src/actions/project/view-config.ts';
import { TypedIn } from '../../config/harness.ts';
import { PIPELINE, TEMPLATE } from '../../config/pipeline-texts.ts';

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\n';

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn().write({
    'pipelines/p/pipeline.yaml': PIPELINE,
    'pipelines/p/make.yaml': TEMPLATE,
    'pipelines/p/use.yaml': TEMPLATE,
    'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nstages: { make: { timeouts: { run: 4d } } }\n`,
  });
});
afterEach(() => place.remove());

test('the timeouts of a stage are shown, also those that nobody gave', async () => {
  const { sources, pipeline } = await place.configure({ set: ['data=tiny'] });
  const shown = viewConfig({ config: sources, pipeline }).filter(({ path }) => isTimeout(path));
  expect(shown.map(({ path, value, origin }) => `${path} ${value} ${origin}`)).toEqual([
    'stages.make.timeouts.queue 86400 default',
    'stages.make.timeouts.start 900 default',
    'stages.make.timeouts.run 345600 ilab-backend.yaml:4:36',
    'stages.make.timeouts.grace 30 default',
    'stages.use.timeouts.queue 86400 default',
    'stages.use.timeouts.start 900 default',
    'stages.use.timeouts.run 86400 default',
    'stages.use.timeouts.grace 30 default',
  ]);
});
