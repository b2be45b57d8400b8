import { expect, test } from 'vitest';
import { planChanges } from '../../../src/actions/plan/plan-changes.ts';
import type { Pin, RunDocument } from '../../../src/actions/plan/run-document.ts';
import type { Origin } from '../../../src/config/values/origin.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

interface Plan {
  readonly sources?: JsonObject;
  readonly origins?: Readonly<Record<string, Origin>>;
  readonly pins?: readonly Pin[];
  readonly images?: RunDocument['images'];
}

function plan({ sources = {}, origins = {}, pins = [], images = {} }: Plan): RunDocument {
  return {
    version: 1,
    sources: JSON.stringify({ pipeline: { name: 'chain', version: '1.0.0' }, ...sources, origins }),
    pins: [...pins],
    selection: { selected: ['one'], reuse: {}, fresh: [], inputs: {} },
    images,
  };
}

const flag = (text: string): Origin => ({ kind: 'flag', flag: text });
const file = (line: number): Origin => ({ kind: 'project', file: 'ilab-backend.yaml', line, column: 3 });
const epochs = (value: number, origin: Origin): Plan => ({
  sources: { params: { train: { epochs: value } } },
  origins: { 'params.train.epochs': origin },
});
const start = (value: number | undefined, origin: Origin = flag('--start-timeout')): Plan => {
  const timeouts = value === undefined ? {} : { timeouts: { start: value } };
  return {
    sources: { stages: { one: { engine: 'a', ...timeouts }, two: { engine: 'b', ...timeouts } } },
    origins: { 'stages.one.timeouts.start': origin, 'stages.two.timeouts.start': origin },
  };
};
const data = (location: string, source: Pin['source']): Plan => ({
  pins: [{ stage: 'one', input: 'data', request: { input: 'data', location, builtin: [] }, source }],
});
const folder = (digest: string): Pin['source'] => ({
  ...{ kind: 'folder', path: '/data', digest: `sha256:${digest.repeat(64)}`, subPath: 's', companions: [] },
});
const git = (commit: string): Pin['source'] => ({ kind: 'git', url: 'https://host/repo', commit: commit.repeat(40) });
const image = (identity: string, reference = 'train:src-1'): Plan => ({
  images: { 'stages/train/full': { reference, identity } },
});
const overlay = (text: string): Plan => ({
  sources: { overlays: [{ stage: 'one', from: 'ilab-backend.yaml', text }] },
});
const files = (...texts: readonly string[]): Plan => ({
  sources: { files: texts.map((text, index) => ({ path: `templates/chain/${index}.yaml`, text })) },
});

test.each<{ what: string; was: Plan; is: Plan; lines: readonly string[] }>([
  {
    what: 'a parameter that was typed now',
    was: epochs(2, file(4)),
    is: epochs(3, flag('--set train.epochs')),
    lines: ['`--set train.epochs=3` was not given then: train.epochs was 2 (ilab-backend.yaml:4:3)'],
  },
  {
    what: 'a parameter that was typed then',
    was: epochs(3, flag('--set train.epochs')),
    is: epochs(2, file(4)),
    lines: ['`--set train.epochs=3` was given then, and is not now: train.epochs is 2 (ilab-backend.yaml:4:3)'],
  },
  {
    what: 'a parameter that was typed otherwise',
    was: epochs(2, flag('--set train.epochs')),
    is: epochs(3, flag('--set train.epochs')),
    lines: ['`--set train.epochs=3` was 2 then'],
  },
  {
    what: 'a parameter of a file',
    was: epochs(2, file(4)),
    is: epochs(3, file(5)),
    lines: ['train.epochs was 2 then, and is 3 now (ilab-backend.yaml:5:3)'],
  },
  {
    what: 'a parameter of the environment, and one that is gone',
    was: { sources: { params: { seed: 1 } }, origins: { 'params.seed': file(9) } },
    is: {
      sources: { params: { name: 'you' } },
      origins: { 'params.name': { kind: 'environment', variable: 'ILAB_BACKEND_PARAM_NAME' } },
    },
    lines: [
      'seed was 1 then (ilab-backend.yaml:9:3), and is not set now',
      'name is you now ($ILAB_BACKEND_PARAM_NAME), and was not set then',
    ],
  },
  {
    what: 'a time limit for every stage, which is one flag',
    was: start(undefined),
    is: start(300),
    lines: ['`--start-timeout 300s` was not given then'],
  },
  {
    what: 'a time limit that was typed then, and otherwise',
    was: start(300),
    is: start(60),
    lines: ['`--start-timeout 60s` was 300s then'],
  },
  {
    what: 'one more gate',
    was: { sources: { stages: { one: { engine: 'a' } } } },
    is: {
      sources: { stages: { one: { engine: 'a', require: ['true', 'params.x > 1'] } } },
      origins: { 'stages.one.require': flag('--require one') },
    },
    lines: ['`--require one=true and params.x > 1` was not given then'],
  },
  {
    what: 'a time limit of a file',
    was: start(undefined),
    is: start(300, file(7)),
    lines: ['one', 'two'].map(
      (stage) => `stages.${stage}.timeouts.start is 300s now (ilab-backend.yaml:7:3), and was not set then`,
    ),
  },
  {
    what: 'the profile and the target',
    was: {
      sources: { profile: 'local', target: 'local' },
      origins: { profile: file(2), target: { kind: 'built-in' } },
    },
    is: {
      sources: { profile: 'h100x4', target: 'kubernetes' },
      origins: { profile: flag('--profile'), target: flag('--target') },
    },
    lines: [
      '`--profile h100x4` was not given then: profile was local (ilab-backend.yaml:2:3)',
      '`--target kubernetes` was not given then: target was local (built in)',
    ],
  },
  {
    what: 'another pipeline, of which everything differs',
    was: epochs(2, file(4)),
    is: { sources: { pipeline: { name: 'hello', version: '1.0.0' } } },
    lines: ['it is a run of pipeline chain, and this is hello'],
  },
  {
    what: 'an overlay',
    was: overlay('a'),
    is: overlay('b'),
    lines: ['the overlay of one in ilab-backend.yaml changed'],
  },
  {
    what: 'files',
    was: files('a', 'b'),
    is: files('a', 'c', 'd'),
    lines: ['the file templates/chain/1.yaml changed', 'the file templates/chain/2.yaml is new'],
  },
  {
    what: 'data that changed where it lies',
    was: data('/data', folder('a')),
    is: data('/data', folder('b')),
    lines: ['what /data holds changed: aaaaaaaaaaaa then, bbbbbbbbbbbb now'],
  },
  {
    what: 'a branch that moved',
    was: data('https://host/repo', git('a')),
    is: data('https://host/repo', git('b')),
    lines: ['what https://host/repo holds changed: aaaaaaaaaaaa then, bbbbbbbbbbbb now'],
  },
  {
    what: 'data from elsewhere',
    was: data('/data', folder('a')),
    is: data('/other', folder('b')),
    lines: ['the data of one.data was /data then, and is /other now'],
  },
  {
    what: 'data from elsewhere, as a parameter says',
    was: { ...data('/data', folder('a')), sources: { params: { path: '/data' } } },
    is: { ...data('/other', folder('b')), sources: { params: { path: '/other' } } },
    lines: ['path was /data then, and is /other now'],
  },
  {
    what: 'an image that was built anew',
    was: image('a', 'train:src-1'),
    is: image('b', 'train:src-2'),
    lines: ['what image stages/train/full is made of changed: train:src-1 then, train:src-2 now'],
  },
  {
    what: 'an image whose tag stands for something else',
    was: image('sha256:1'),
    is: image('sha256:2'),
    lines: ['what image stages/train/full is made of changed: sha256:1 then, sha256:2 now'],
  },
  {
    what: 'what has no words of its own',
    was: { sources: { version: 1 } },
    is: { sources: { version: 2 } },
    lines: ['sources.version changed 1 -> 2'],
  },
])('$what', ({ was, is, lines }) => {
  expect(planChanges(plan(was), plan(is))).toEqual(lines);
});

test('the same plan, wherever its values come from, has no difference', () => {
  expect(planChanges(plan(epochs(2, file(4))), plan(epochs(2, flag('--set train.epochs'))))).toEqual([]);
});
