import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removePaths } from '../../../../src/adapters/kubernetes/transfer-server/remove.ts';

const HEX = '0'.repeat(64);
let top: string;
let root: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ilab-remove-'));
  root = join(top, 'claim');
  write('runs/a/train/1/model/x', 'runs/a/train/1.listing', 'runs/a/eval/1/x', 'runs/b/train/1/x');
  write('work/a/train/checkpoint', `inputs/${HEX}/content/x`, 'models/base/x');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), 'x');
  }
}

function remove(...paths: readonly string[]): Promise<void> {
  return removePaths(paths, { root, olderThan: 0, now: new Date(Date.now() + 1000) });
}

test('what is named goes, with the folders of the run that become empty; the rest stays', async () => {
  await remove('runs/a/train/1', 'runs/a/train/1.listing', 'work/a/train', 'runs/never/was/1');
  expect(readdirSync(join(root, 'runs/a'))).toEqual(['eval']);
  expect(readdirSync(join(root, 'work'))).toEqual([]);
  await remove('runs/a/eval/1', 'runs/a/train/1');
  expect(readdirSync(join(root, 'runs'))).toEqual(['b']);
  await remove(`inputs/${HEX}`);
  expect(readdirSync(root).sort()).toEqual(['inputs', 'models', 'runs', 'work']);
});

test('what a killed one began is finished', async () => {
  write('runs/a/train/.removed-1/x', 'runs/a/train/.removed-2/x');
  await remove('runs/a/train/1', 'runs/a/train/2', 'runs/a/train/1.listing');
  expect(existsSync(join(root, 'runs/a/train'))).toBe(false);
});

test.each([
  'runs',
  'inputs',
  'models/base',
  'runs/',
  'runs/..',
  'runs/a/../b',
  'runs/a/../../models',
  'inputs/0',
  `inputs/${HEX}/content`,
  '/etc',
  '..',
  '',
])('%j is refused, and nothing goes', async (path) => {
  await expect(remove('runs/a/train/1', path)).rejects.toMatchObject({ code: 'bad-request' });
  expect(existsSync(join(root, 'runs/a/train/1/model/x'))).toBe(true);
});

test('a link is never followed', async () => {
  mkdirSync(join(top, 'theirs/1'), { recursive: true });
  symlinkSync(join(top, 'theirs'), join(root, 'runs/a/link'));
  await expect(remove('runs/a/link/1')).rejects.toMatchObject({ code: 'no-file' });
  await remove('runs/a/link');
  expect(readdirSync(join(top, 'theirs'))).toEqual(['1']);
  expect(existsSync(join(root, 'runs/a/link'))).toBe(false);
});

test('what somebody touched a moment ago stays', async () => {
  await removePaths([`inputs/${HEX}`], { root, olderThan: 600, now: new Date() });
  expect(existsSync(join(root, `inputs/${HEX}`))).toBe(true);
});
