import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder } from '../../../src/adapters/files/make-folder.ts';
import { createImageRecords } from '../../../src/adapters/images/image-records.ts';
import { openJournal } from '../../../src/adapters/sqlite/database.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-make-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('making a folder', () => {
  test('makes those above it, and none again', () => {
    const path = join(folder, 'a/b/c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('does not take a file for one', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file'), 0o700)).toThrow(/EEXIST/);
    expect(() => makeFolder(join(folder, 'file/below'), 0o700)).toThrow(/ENOTDIR/);
  });
});

// Node's recursive mkdir never returns from there: were it used, this test would end with the time limit of its process.
describe.runIf(process.platform === 'linux')('a file system that has no place for folders', () => {
  test('is told from one that has', () => {
    expect(() => makeFolder('/proc/ilab/state', 0o700)).toThrow(/ENOENT/);
  });

  test('keeps no record of an image', () => {
    const write = () =>
      createImageRecords('/proc/ilab-state').write({ image: 'x', reference: 'x', identity: 'x', deliveries: [] });
    expect(write).toThrow(expect.objectContaining({ code: 'storage-failed' }));
  });

  test('cannot be the state folder', () => {
    expect(() => openJournal('/proc/ilab-state')).toThrow(
      expect.objectContaining({
        code: 'storage-failed',
        message: expect.stringContaining('the state folder /proc/ilab-state cannot be made'),
      }),
    );
  });
});
