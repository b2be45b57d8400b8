import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DataWorld, never, type PinnedFolder } from '../data/data-world.ts';

const top = mkdtempSync(join(tmpdir(), 'ilab-tiny-'));
let isMounted = false;

beforeAll(() => {
  isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', top]).status === 0;
});
afterAll(() => {
  if (isMounted) execFileSync('umount', ['-l', top]);
  rmSync(top, { recursive: true, force: true });
});
beforeEach(({ skip }) => {
  if (!isMounted) skip('needs the right to mount a tmpfs');
});

describe('a claim that is full', () => {
  test.each([
    ['through the pod proxy', { inline: 1000, chunk: 20_000 }],
    ['in a ConfigMap', {}],
  ])('is told as one %s; with room the same command goes on', async (_, limits) => {
    const world = new DataWorld(top);
    try {
      const filler = randomBytes(200_000);
      world.write({ filler }, join(top, 'models'));
      world.write({ 'a.bin': randomBytes(150_000), 'b.txt': 'x' });
      const sources = world.sources(limits);
      const source = (await sources.pin(world.request(), never)) as PinnedFolder;
      await expect(sources.place(source, world.request(), { pod: {}, signal: never })).rejects.toMatchObject({
        code: 'cannot-start',
        hint: expect.stringContaining('prune'),
      });
      expect(readdirSync(join(top, 'inputs')).filter((name) => !name.startsWith('.'))).toEqual([]);
      rmSync(join(top, 'models'), { recursive: true });
      await sources.place(source, world.request(), { pod: {}, signal: never });
      expect(Object.keys(world.placed(source.subPath)).sort()).toEqual(['a.bin', 'b.txt']);
    } finally {
      rmSync(join(top, 'inputs'), { recursive: true, force: true });
      await world.close();
    }
  });
});
