import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskSourceFiles } from '../../../src/adapters/files/disk-source-files.ts';

describe('the source files of this machine', () => {
  const files = diskSourceFiles();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'source-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('a file is read under the name a person knows it by', async () => {
    writeFileSync(join(folder, 'a.yaml'), 'a: ä\n');
    expect(await files.read(join(folder, 'a.yaml'), 'x/a.yaml')).toEqual({ path: 'x/a.yaml', text: 'a: ä\n' });
  });

  test('a file that is not there, or below a file, is absent', async () => {
    writeFileSync(join(folder, 'a.yaml'), '');
    expect(await files.read(join(folder, 'b.yaml'), 'b.yaml')).toBeUndefined();
    expect(await files.read(join(folder, 'a.yaml', 'b.yaml'), 'b.yaml')).toBeUndefined();
  });

  test('YAML files below a folder come sorted; hidden ones and others do not', async () => {
    mkdirSync(join(folder, 'train'));
    mkdirSync(join(folder, '.git'));
    for (const name of ['train/job.yaml', 'pipeline.yaml', 'README.md', '.hidden.yaml', '.git/x.yaml', 'b.yml']) {
      writeFileSync(join(folder, name), name);
    }
    symlinkSync(folder, join(folder, 'loop'));
    const found = await files.readFolder(folder, 'templates/p');
    expect(found.map((file) => file.path)).toEqual([
      'templates/p/b.yml',
      'templates/p/pipeline.yaml',
      'templates/p/train/job.yaml',
    ]);
    expect(await files.folders(folder)).toEqual(['train']);
  });

  test('an absent folder is empty', async () => {
    expect(await files.readFolder(join(folder, 'no'), 'no')).toEqual([]);
    expect(await files.folders(join(folder, 'no'))).toEqual([]);
  });

  test.each([
    ['bytes that are no UTF-8', (path: string) => writeFileSync(path, Uint8Array.of(0x61, 0xff)), /it is no UTF-8/],
    ['a folder', (path: string) => mkdirSync(path), /it is no file/],
    ['a pipe, without waiting for a writer', (path: string) => execFileSync('mkfifo', [path]), /it is no file/],
    ['a huge file', (path: string) => writeFileSync(path, 'x'.repeat(1024 * 1024 + 1)), /more than 1048576/],
    ['a link to itself', (path: string) => symlinkSync(path, path), /its links lead in a circle/],
  ])('%s is refused by name', async (_what, make, message) => {
    const path = join(folder, 'a.yaml');
    make(path);
    await expect(files.read(path, 'shown.yaml')).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringMatching(message),
    });
    await expect(files.read(path, 'shown.yaml')).rejects.toThrow(/^shown\.yaml cannot be read: /);
  });
});
