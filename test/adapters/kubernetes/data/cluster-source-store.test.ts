import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { DataWorld, never, type PinnedFolder } from './data-world.ts';

const context = { pod: {}, signal: never };
const SMALL = { 'a/qna.yaml': 'one', 'b/qna.yaml': 'two', 'empty.txt': '' };

let world: DataWorld;
beforeEach(() => {
  world = new DataWorld();
});
afterEach(() => world.close());

async function pin(change = {}): Promise<PinnedFolder> {
  return (await world.sources().pin(world.request(change), never)) as PinnedFolder;
}

describe('a small folder', () => {
  test('travels in a ConfigMap, and what carried it is gone afterwards', async () => {
    world.write(SMALL);
    const source = await pin();
    await world.sources().place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(SMALL);
    expect(readFileSync(join(world.root, `${source.subPath}.listing`), 'utf8')).toContain('  3  a/qna.yaml\n');
    expect(world.cluster.objects(RESOURCES.jobs)).toEqual([]);
    expect(world.cluster.objects(RESOURCES.pods)).toEqual([]);
    const maps = world.cluster.objects(RESOURCES.configMaps).map((map) => map.metadata.name);
    expect(maps).toEqual([expect.stringMatching(/^ilab-input-[0-9a-f]{32}$/)]);
    expect(world.cluster.requests.filter((request) => request.verb === 'proxy')).toEqual([]);
  });

  test('is sent once: another program asks for its claim and its marker, the same program for nothing', async () => {
    world.write(SMALL);
    const source = await pin();
    await world.sources().place(source, world.request(), context);
    const before = world.cluster.requests.length;
    const second = world.sources();
    await second.place(source, world.request(), context);
    expect(world.cluster.requests.slice(before).map(({ verb, plural }) => `${verb} ${plural}`)).toEqual([
      'get persistentvolumeclaims',
      'get configmaps',
    ]);
    await second.place(source, world.request(), context);
    expect(world.cluster.requests.length).toBe(before + 2);
    expect(world.kubelet.started).toBe(1);
  });

  test('is sent again into a claim that was made anew', async () => {
    world.write(SMALL);
    const source = await pin();
    await world.sources().place(source, world.request(), context);
    const [claim] = world.cluster.objects(RESOURCES.claims);
    await world.cluster.client().delete(RESOURCES.claims, 'ilab-backend', { uid: claim?.metadata.uid ?? '' });
    await world.sources().place(source, world.request(), context);
    expect(world.kubelet.started).toBe(2);
  });

  test('two programs at once send it once', async () => {
    world.write(SMALL);
    const source = await pin();
    await Promise.all([1, 2].map(() => world.sources().place(source, world.request(), context)));
    expect(world.placed(source.subPath)).toEqual(SMALL);
    expect(world.kubelet.started).toBe(1);
  });

  test('whoever dies between the Job and its piece leaves nothing that stops the next one', async () => {
    world.write(SMALL);
    const source = await pin();
    world.cluster.failNext('create', 'configmaps', 'unreachable');
    await expect(world.sources().place(source, world.request(), context)).rejects.toMatchObject({
      code: 'unreachable',
    });
    await world.sources().place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(SMALL);
  });

  test('in a work tree takes what git knows, and says what changed', async () => {
    world.write({ ...SMALL, '.gitignore': 'secret\n', secret: 'x' });
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-C', world.folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'x');
    world.write({ 'a/qna.yaml': 'edited' });
    const source = await pin({ changedSince: 'main' });
    await world.sources().place(source, world.request({ changedSince: 'main' }), context);
    expect(Object.keys(world.placed(source.subPath)).sort()).toEqual([
      '.gitignore',
      'a/qna.yaml',
      'b/qna.yaml',
      'empty.txt',
    ]);
    const facts = readFileSync(join(world.root, `${source.subPath}.source.json`), 'utf8');
    expect(JSON.parse(facts)).toMatchObject({ kind: 'folder', changed: ['a/qna.yaml'] });
  });

  test('that changed since the plan is refused before anything is made', async () => {
    world.write(SMALL);
    const source = await pin();
    world.write({ 'a/qna.yaml': 'edited' });
    await expect(world.sources().place(source, world.request(), context)).rejects.toMatchObject({ code: 'bad-input' });
    expect(world.kubelet.started).toBe(0);
  });

  test('needs no pod proxy', async () => {
    world.write(SMALL);
    world.cluster.deny('get', 'pods/proxy');
    world.cluster.deny('create', 'pods/proxy');
    const source = await pin();
    await world.sources().place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(SMALL);
  });
});

describe('a large folder', () => {
  const LIMITS = { inline: 1000, chunk: 10_000 };
  const big = randomBytes(150_000).toString('hex');
  const LARGE = { ...SMALL, 'c/big.bin': big, 'd/after.txt': 'last' };

  test('goes through the pod proxy, in its place only when it is complete, with nothing left behind', async () => {
    world.write(LARGE);
    const source = await pin();
    const seen: boolean[] = [];
    world.kubelet.network = () => {
      seen.push(existsSync(join(world.root, source.subPath)));
      return {};
    };
    await world.sources(LIMITS).place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(LARGE);
    expect(seen.every((there) => !there)).toBe(true);
    expect(readdirSync(join(world.root, 'inputs'))).toHaveLength(1);
    expect(world.cluster.objects(RESOURCES.jobs)).toEqual([]);
    await expect.poll(() => world.kubelet.alive).toBe(0);
  });

  test('its token is in no URL, no object and no header the API server would take', async () => {
    world.write(LARGE);
    const requests: string[] = [];
    const tokens = new Set<string>();
    world.kubelet.network = ({ path, headers }) => {
      requests.push(path);
      tokens.add(headers['x-ilab-token'] ?? '');
      expect(Object.keys(headers)).not.toContain('authorization');
      return {};
    };
    const written: string[] = [];
    world.cluster.hook = (_, { object }) => {
      if (object !== undefined) written.push(JSON.stringify(object));
    };
    await world.sources(LIMITS).place(await pin(), world.request(), context);
    expect(tokens.size).toBe(1);
    const [token = ''] = tokens;
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(requests.join() + written.join()).not.toContain(token);
  });

  test('arrives whatever is cut on the way', async () => {
    world.write(LARGE);
    const source = await pin();
    const fates = [{ loseRequest: true }, { loseAnswer: true }, { cutAfter: 3 }, {}, {}];
    let count = 0;
    world.kubelet.network = () => fates[count++ % fates.length] ?? {};
    await world.sources(LIMITS).place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(LARGE);
  });

  test('arrives when the pod is killed in the middle, without sending the first half again', async () => {
    world.write(LARGE);
    const source = await pin();
    const offsets: number[] = [];
    let posts = 0;
    world.kubelet.network = ({ method, headers }) => {
      if (method !== 'POST') return {};
      offsets.push(Number(headers['x-ilab-offset']));
      posts += 1;
      if (posts === 15) void world.kubelet.killAll();
      return {};
    };
    await world.sources(LIMITS).place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(LARGE);
    expect(world.kubelet.started).toBe(2);
    const after = offsets.slice(15);
    expect(Math.min(...after)).toBeGreaterThan(100_000);
  });

  test('goes on where a program that died left it', async () => {
    world.write(LARGE);
    const source = await pin();
    let posts = 0;
    const died = new AbortController();
    world.kubelet.network = ({ method }) => {
      if (method === 'POST') posts += 1;
      if (posts === 15) died.abort(new Error('killed'));
      return {};
    };
    await expect(
      world.sources(LIMITS).place(source, world.request(), { pod: {}, signal: died.signal }),
    ).rejects.toThrow('killed');
    const offsets: number[] = [];
    world.kubelet.network = ({ method, headers }) => {
      if (method === 'POST') offsets.push(Number(headers['x-ilab-offset']));
      return {};
    };
    await world.sources(LIMITS).place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(LARGE);
    expect(offsets[0]).toBeGreaterThan(100_000);
  });

  test('a second program waits for the first, and sends nothing', async () => {
    world.write(LARGE);
    const source = await pin();
    await Promise.all([1, 2].map(() => world.sources(LIMITS).place(source, world.request(), context)));
    expect(world.placed(source.subPath)).toEqual(LARGE);
    expect(world.said.join('\n')).toContain('another program does the same');
  });

  test('whose file changes while it is sent is refused with its name, and the next try is clean', async () => {
    world.write(LARGE);
    const source = await pin();
    let posts = 0;
    world.kubelet.network = ({ method }) => {
      if (method === 'POST') posts += 1;
      if (posts === 3) world.write({ 'c/big.bin': big.replaceAll('a', 'b') });
      return {};
    };
    await expect(world.sources(LIMITS).place(source, world.request(), context)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('changes while it is read'),
    });
    expect(existsSync(join(world.root, source.subPath))).toBe(false);
    world.kubelet.network = () => ({});
    world.write({ 'c/big.bin': big });
    await world.sources(LIMITS).place(source, world.request(), context);
    expect(world.placed(source.subPath)).toEqual(LARGE);
  });

  test.each([
    ['a page of a proxy', { status: 502, headers: {}, body: bytes('<html>') }],
    ['a success that is not ours', { status: 200, headers: {}, body: bytes('{}') }],
  ])('that meets nothing but %s gives up with the words, and says how to go on', async (_, answer) => {
    world.write(LARGE);
    world.kubelet.network = () => ({ answer });
    await expect(
      world.sources({ ...LIMITS, tries: 2 }).place(await pin(), world.request(), context),
    ).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining('goes on where it was'),
    });
  });

  test.each(['get', 'create'] as const)('says that %s pods/proxy is forbidden, before it is packed', async (verb) => {
    world.write(LARGE);
    world.cluster.deny(verb, 'pods/proxy');
    await expect(world.sources(LIMITS).place(await pin(), world.request(), context)).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringContaining(`${verb} pods/proxy is forbidden in namespace lab`),
      hint: expect.stringContaining('object storage'),
    });
    expect(world.kubelet.started).toBe(0);
  });
});

describe('where the pod goes', () => {
  test.each([
    ['to the node that mounts a claim of one node', 'ReadWriteOnce', ['node-7']],
    ['anywhere with a claim of many', 'ReadWriteMany', undefined],
  ])('%s', async (_, mode, values) => {
    // The same program has made the claim and sent something else before.
    const sources = world.sources();
    const where = { pod: { workspace: { accessModes: [mode] } }, signal: never };
    world.write({ 'a/qna.yaml': 'before' });
    await sources.place(await pin(), world.request(), where);
    world.write(SMALL);
    const api = world.cluster.client();
    const volumes = [{ name: 'w', persistentVolumeClaim: { claimName: 'ilab-backend' } }];
    const containers = [{ name: 'main', image: 'x' }];
    await api.create(RESOURCES.pods, {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'train' } },
      spec: { nodeName: 'node-7', volumes, containers },
      status: { phase: 'Running' },
    });
    let terms: unknown;
    world.cluster.hook = (_moment, { verb, plural, object }) => {
      if (verb === 'create' && plural === 'jobs') terms = JSON.stringify(object);
    };
    await sources.place(await pin(), world.request(), where);
    if (values === undefined) expect(terms).not.toContain('nodeAffinity');
    else expect(terms).toContain(`{"key":"metadata.name","operator":"In","values":${JSON.stringify(values)}}`);
  });
});

describe('what nobody names any more', () => {
  test('is freed with its marker; what a run names stays, even when it begins meanwhile', async () => {
    const sources = world.sources();
    const digests: string[] = [];
    for (const text of ['one', 'two']) {
      world.write({ 'a/qna.yaml': text });
      const source = await pin();
      await sources.place(source, world.request(), context);
      digests.push(source.digest);
    }
    const [first = '', second = ''] = digests;
    const folders = await sources.placed();
    expect(folders.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
    // Young folders stay: somebody may have asked for them just now.
    age(first, second);
    const freed = await sources.free(folders, async () => new Set([second]), context);
    expect(freed.map(({ digest }) => digest)).toEqual([first]);
    expect(readdirSync(join(world.root, 'inputs'))).toEqual([second.replace('sha256:', '')]);
  });

  function age(...digests: readonly string[]): void {
    for (const digest of digests) {
      execFileSync('touch', ['-d', '2 days ago', join(world.root, 'inputs', digest.replace('sha256:', ''))]);
    }
  }
});

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
