import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestFile, listingOf, listSizes } from '../../../src/adapters/files/file-digest.ts';
import { digestOfListing } from '../../../src/domain/data/digest.ts';
import type { Vectors } from '../../fakes/digest-vectors.ts';

const path = resolve(import.meta.dirname, '../../golden/digest-vectors.json');
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors;

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'ilab-digest-')), 'folder');
  mkdirSync(folder);
});
afterEach(() => rmSync(dirname(folder), { recursive: true }));

function write(file: string, contents: Buffer): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), contents);
}

describe('the digest rule that both languages are tested with', () => {
  test.each(vectors.folders)('$name', ({ files, emptyFolders, digest, size, listing }) => {
    for (const file of files)
      write(file.path, file.base64 === undefined ? Buffer.from(file.text ?? '') : Buffer.from(file.base64, 'base64'));
    for (const name of emptyFolders ?? []) mkdirSync(join(folder, name), { recursive: true });
    const found = listingOf(folder, 'folder');
    expect(found).toBe(listing);
    expect(digestOfListing(found)).toBe(digest);
    expect(listSizes(folder).reduce((sum, file) => sum + file.size, 0)).toBe(size);
  });

  test.each(vectors.files)('the file $name', ({ name, base64, digest, size, listing }) => {
    write(name, Buffer.from(base64, 'base64'));
    const found = digestFile(join(folder, name), name);
    expect({ digest: `sha256:${found.sha256}`, size: found.size }).toEqual({ digest, size });
    expect(listingOf(join(folder, name), name)).toBe(listing);
  });

  test.each(vectors.refusedNames.map((name) => [JSON.stringify(name), name]))(
    'the name %s is refused',
    async (_shown, name) => {
      write(name, Buffer.from('x'));
      expect(() => listingOf(folder, 'folder')).toThrow('control character');
    },
  );

  test('a link is refused wherever it leads', () => {
    write('a', Buffer.from('1'));
    symlinkSync('a', join(folder, 'b'));
    expect(() => listingOf(folder, 'folder')).toThrow('"b" is a link');
  });
});
