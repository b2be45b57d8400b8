import { expect, test } from 'vitest';
import { absentLocation } from '../../src/config/absent-location.ts';

const files = { folders: async () => ['taxonomy', 'documents'] };

test.each([
  ['./taxonmy', { what: 'folder', near: './taxonomy' }],
  ['./nothing-alike', { what: 'folder' }],
  ['github.com/org/rows', { what: 'folder', near: 'https://github.com/org/rows' }],
  ['htps://github.com/org/taxonomy', { what: 'scheme', near: 'https://github.com/org/taxonomy' }],
  ['https:/github.com/org/taxonomy', { what: 'scheme', near: 'https://github.com/org/taxonomy' }],
  ['gopher://old', { what: 'scheme' }],
])('of %s says what is meant', async (value, found) => {
  expect(await absentLocation(files, value, `/work/${value}`)).toEqual(found);
});

test.each(['./taxonomy', 'https://github.com/org/taxonomy', 'git@github.com:org/taxonomy', 'hf:org/model', 's3://b/k'])(
  '%s may be there; nobody is asked',
  async (value) => {
    expect(await absentLocation(files, value, `/work/${value}`)).toBeUndefined();
  },
);
