import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTree } from '../../../src/adapters/files/remove-tree.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-remove-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder goes with all below it, and a link without what it leads to', () => {
  mkdirSync(join(folder, 'kept'));
  writeFileSync(join(folder, 'kept/file'), 'x');
  mkdirSync(join(folder, 'tree/a/b'), { recursive: true });
  writeFileSync(join(folder, 'tree/a/file'), 'x');
  symlinkSync(join(folder, 'kept'), join(folder, 'tree/a/link'));
  symlinkSync('/nowhere', join(folder, 'tree/dangling'));
  removeTree(join(folder, 'tree'));
  expect(readdirSync(folder)).toEqual(['kept']);
  expect(existsSync(join(folder, 'kept/file'))).toBe(true);
});

test('what is not there is no fault', () => {
  removeTree(join(folder, 'absent'));
  removeTree(join(folder, 'absent/below'));
});

test('a fault keeps its code', () => {
  expect(() => removeTree('/proc/1/status')).toThrow(expect.objectContaining({ code: expect.stringMatching(/^E/) }));
});
