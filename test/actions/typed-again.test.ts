import { expect, test } from 'vitest';
import type { RunDocument } from '../../src/actions/plan/run-document.ts';
import { typedAgain, typedThen } from '../../src/actions/typed-again.ts';

const sources = {
  pipeline: { name: 'images', version: '1.0.0' },
  profile: 'big',
  params: {
    photos: '/data/my photos',
    train: { epochs: 3, sizes: [1, 2] },
    token: { name: 'env', key: 'TOKEN' },
    seed: 1,
  },
  stages: {
    read: { engine: 'sh', variant: 'job', timeouts: { run: 60 } },
    tune: { engine: 'sh', variant: 'job', timeouts: { run: 60 }, require: ['a > 1.0'], stopOn: [] },
  },
  origins: {
    profile: { kind: 'flag', flag: '--profile big' },
    'params.photos': { kind: 'flag', flag: '--set photos' },
    'params.train.epochs': { kind: 'flag', flag: '--set train.epochs' },
    'params.train.sizes': { kind: 'flag', flag: '--set train.sizes' },
    'params.token': { kind: 'flag', flag: '--set token' },
    'params.seed': { kind: 'values', file: 'more.yaml', line: 1, column: 1 },
    'stages.read.timeouts.run': { kind: 'flag', flag: '--run-timeout' },
    'stages.tune.timeouts.run': { kind: 'flag', flag: '--run-timeout' },
    'stages.tune.require': { kind: 'flag', flag: '--require tune' },
    'stages.tune.stopOn': { kind: 'flag', flag: '--stop-on tune' },
  },
};
const document: RunDocument = {
  version: 1,
  sources: JSON.stringify(sources),
  pins: [],
  selection: { selected: ['tune'], reuse: { read: { stage: 'read', run: 'first' } }, fresh: ['*'], inputs: {} },
  images: {},
};

test('all that was typed is typed again, as a shell takes it', () => {
  expect(typedAgain(document)).toBe(
    "ilab-backend run images --profile big -f more.yaml --set 'photos=/data/my photos' --set train.epochs=3" +
      " --set 'train.sizes=[1,2]' --set token=env:TOKEN --only tune --no-reuse --reuse read@first --run-timeout 60s" +
      " --require 'tune=a > 1.0' --stop-on tune=none",
  );
});

test('a change takes the place of what was typed of the same parameter', () => {
  expect(typedAgain(document, 'train.epochs=1')).toBe(
    typedAgain(document).replace(' --set train.epochs=3', '').replace(' --only', ' --set train.epochs=1 --only'),
  );
});

test('what files said is not typed', () => {
  const file = { kind: 'project', file: 'ilab-backend.yaml', line: 1, column: 1 };
  const origins = Object.fromEntries(Object.keys(sources.origins).map((path) => [path, file]));
  expect(typedThen({ sources: JSON.stringify({ ...sources, origins }) })).toEqual({
    pipeline: 'images',
    set: [],
    valueFiles: [],
    require: ['tune=a > 1.0'],
  });
});
