import { afterEach, beforeEach, expect, test } from 'vitest';
import { destinationsOf } from '../../src/config/destinations.ts';
import { TypedIn } from './harness.ts';

/* The places that a run writes to at its end, as the parameters of our pipeline name them. */

const NEEDED = ['taxonomy=https://example.org/taxonomy', 'model=tiny'];
const HUB = ['publish.huggingFace.repo=acme/model', 'publish.huggingFace.token=env:HF_TOKEN'];
const HOST = ['publish.github.repo=acme/taxonomy', 'publish.github.token=publish-tokens/github'];

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn();
});
afterEach(() => place.remove());

async function all(set: readonly string[], target: 'local' | 'kubernetes' = 'local') {
  const { pipeline } = await place.configure({ pipeline: 'instructlab', set: [...NEEDED, ...set] });
  return destinationsOf(pipeline.pipeline.params, pipeline.params, target);
}

async function found(...set: readonly string[]) {
  return (await all(set)).filter((destination) => destination.kind !== 'folder');
}

test('each with its repository, its address and the reference of its token', async () => {
  const addresses = ['hub.endpoint=https://hub.example.org', 'publish.github.endpoint=https://git.example.org/api/v3'];
  expect(await found(...HUB, ...HOST, ...addresses)).toEqual([
    {
      name: 'publish.huggingFace',
      kind: 'model-hub',
      repo: 'acme/model',
      endpoint: 'https://hub.example.org',
      token: { name: 'env', key: 'HF_TOKEN' },
    },
    {
      name: 'publish.github',
      kind: 'code-host',
      repo: 'acme/taxonomy',
      endpoint: 'https://git.example.org/api/v3',
      token: { name: 'publish-tokens', key: 'github' },
    },
  ]);
});

test('a second repository that the same token writes to is one more', async () => {
  const told = await found(...HOST, 'publish.taxonomyRepo=acme/upstream');
  expect(told.map(({ name, repo }) => [name, repo])).toEqual([
    ['publish.github', 'acme/taxonomy'],
    ['publish.taxonomyRepo', 'acme/upstream'],
  ]);
  expect(told[1]).toMatchObject({ kind: 'pull-requests', token: { name: 'publish-tokens', key: 'github' } });
  expect(await found(...HOST, 'publish.taxonomyRepo=acme/taxonomy')).toHaveLength(1);
});

test('without an address it is the public one', async () => {
  expect((await found(...HUB)).map(({ endpoint }) => endpoint)).toEqual([undefined]);
});

test('a folder, of this machine or of the pod', async () => {
  const folder = { name: 'publish.registry', kind: 'folder', path: '/srv/models' };
  expect(await all(['publish.registry=/srv/models'])).toEqual([{ ...folder, of: 'here' }]);
  expect(await all(['publish.registry=/srv/models'], 'kubernetes')).toEqual([{ ...folder, of: 'pod' }]);
  expect(await all(['publish.registry=/srv/models', 'publish.dryRun=true'])).toEqual([]);
});

test('none where nothing is written to', async () => {
  expect(await found()).toEqual([]);
  expect(await found(...HUB, ...HOST, 'publish.dryRun=true')).toEqual([]);
});
