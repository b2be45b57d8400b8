import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writePrivateFile } from '../../../src/adapters/files/write-files.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'written-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test('a file is replaced by one that its owner alone may read', async () => {
  const file = join(folder(), 'file');
  writeFileSync(file, 'before', { mode: 0o644 });
  await writePrivateFile(file, 'after');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['after', 0o600]);
});

test('what is no file is written into, and never replaced', async () => {
  const pipe = join(folder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const read = readFile(pipe, 'utf8');
  await writePrivateFile(pipe, 'text');
  expect([await read, statSync(pipe).isFIFO()]).toEqual(['text', true]);
  const [link, file] = [join(folder(), 'link'), join(folder(), 'file')];
  writeFileSync(file, 'before');
  symlinkSync(file, link);
  await writePrivateFile(link, 'after');
  expect([readFileSync(file, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['after', true]);
  const inside = join(folder(), 'inside');
  mkdirSync(inside);
  await expect(writePrivateFile(inside, 'text')).rejects.toMatchObject({ code: 'storage-failed' });
  expect(statSync(inside).isDirectory()).toBe(true);
});
