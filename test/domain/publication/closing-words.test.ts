import { expect, test } from 'vitest';
import { closingWords, titled } from '../../../src/domain/publication/closing-words.ts';

const hub = { repo: 'acme/granite', isPrivate: true, tag: 'weekly-47' };
const report = {
  id: 'commit',
  title: 'Model',
  state: 'done',
  isNew: true,
  address: 'https://hub.example/acme/granite',
} as const;

test.each([
  [
    'a dry run without a place',
    { isDryRun: true },
    [],
    0,
    /^Dry run: nothing would be published: no repository .* named/,
  ],
  ['a dry run', { isDryRun: true, hub }, [], 2, /^Dry run: nothing was published; 2 steps to do/],
  [
    'a dry run into a folder',
    { isDryRun: true, registry: '/models' },
    [],
    0,
    /^Dry run: nothing was published; 1 step to do/,
  ],
  ['no place', { isDryRun: false }, [], 0, /^Kept with the run: no repository/],
  ['a hub', { isDryRun: false, hub }, [report], 0, /^Published: https:\/\/hub\.example\/acme\/granite$/],
] as const)('%s says what it came to', (_, settings, reports, pending, wanted) => {
  expect(closingWords(settings, { reports, pending })).toMatch(wanted);
});

test('a registry folder is where it was published', () => {
  const settings = { isDryRun: false, registry: '/models' };
  expect(closingWords(settings, { reports: [], pending: 0, folder: '/models/tuned/weekly-47' })).toBe(
    'Published: /models/tuned/weekly-47',
  );
});

test('each message of a dry run says that it is one', () => {
  expect(titled(true, 'Copying the model')).toBe('Dry run: copying the model');
  expect(titled(false, 'Copying the model')).toBe('Copying the model');
});
