import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareToListing,
  digestOfListing,
  formatListing,
  isListingPath,
  type ListingEntry,
  parseListing,
} from '../../../src/domain/data/digest.ts';
import { sha256Bytes, type Vectors } from '../../fakes/digest-vectors.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../golden/digest-vectors.json', import.meta.url), 'utf8'),
) as Vectors;

const ZERO = '0'.repeat(64);

describe('the listing of a folder', () => {
  test.each(vectors.folders)('$name', ({ files, listing, digest }) => {
    const entries = files.map((file) => {
      const bytes = Buffer.from(file.text ?? file.base64 ?? '', file.text === undefined ? 'base64' : 'utf8');
      return { path: file.path, size: bytes.length, sha256: sha256Bytes(bytes) };
    });
    expect(formatListing(entries)).toBe(listing);
    expect(digestOfListing(listing)).toBe(digest);
    expect(formatListing(parseListing(listing) ?? [])).toBe(listing);
  });

  test.each(vectors.refusedNames)('cannot hold the name %j', (name) => {
    expect(isListingPath(name)).toBe(false);
  });

  test.each(vectors.badListings)('is not one with $name', ({ listing }) => {
    expect(parseListing(listing)).toBeUndefined();
  });

  test('does not depend on the order of the files', () => {
    const path = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => isListingPath(text) && text.isWellFormed());
    fc.assert(
      fc.property(fc.uniqueArray(path), (paths) => {
        const entries = paths.map((name, size) => ({ path: name, size, sha256: ZERO }));
        const listing = formatListing(entries);
        expect(formatListing(entries.toReversed())).toBe(listing);
        expect(parseListing(listing)).toHaveLength(paths.length);
      }),
    );
  });
});

describe('comparing with a listing', () => {
  const listing: readonly ListingEntry[] = [
    { path: 'a', size: 1, sha256: ZERO },
    { path: 'b', size: 2, sha256: ZERO },
  ];
  test.each([
    { what: 'nothing', found: listing, differences: [] },
    { what: 'a missing file', found: listing.slice(1), differences: ['a is missing'] },
    { what: 'a new file', found: [...listing, { path: 'c', size: 0 }], differences: ['c was added'] },
    {
      what: 'a grown file',
      found: [{ path: 'a', size: 9 }, listing[1] as ListingEntry],
      differences: ['a has 9 bytes, not 1'],
    },
    {
      what: 'bytes nobody looked at',
      found: [
        { path: 'a', size: 1 },
        { path: 'b', size: 2 },
      ],
      differences: [],
    },
    {
      what: 'other bytes',
      found: [{ path: 'a', size: 1, sha256: 'f'.repeat(64) }, listing[1] as ListingEntry],
      differences: ['a has other contents'],
    },
  ])('finds $what', ({ found, differences }) => {
    expect(compareToListing(listing, found)).toEqual(differences);
  });
});
