import { describe, expect, test } from 'vitest';
import { typedPlace, withPlace } from '../../src/domain/typed-place.ts';

test('the flags of a place are found as they were typed, the last of a name', () => {
  const argv = ['run', '--state-dir', 'a b', '-n', 'one', '--namespace=two', '--set', 'name=you', '--project', 'p'];
  expect(typedPlace(argv)).toEqual([
    ['--state-dir', 'a b'],
    ['-n', 'two'],
    ['--project', 'p'],
  ]);
  expect(typedPlace(['status', 'x', '-n'])).toEqual([]);
});

describe('a command in a text', () => {
  const place = typedPlace(['--state-dir', 'a b', '--project', 'p']);

  test.each([
    ['next: ilab-backend logs week act', "next: ilab-backend logs week act --state-dir 'a b'"],
    [
      'type `ilab-backend resume week`, or wait',
      "type `ilab-backend resume week --state-dir 'a b' --project p`, or wait",
    ],
    [
      'then: ilab-backend approve week, or decline week',
      "then: ilab-backend approve week --state-dir 'a b', or decline week",
    ],
    [
      'a `ilab-backend list`\nb `ilab-backend watch x`',
      "a `ilab-backend list --state-dir 'a b'`\nb `ilab-backend watch x --state-dir 'a b'`",
    ],
    [
      "then: ilab-backend run --only a,b --set 'x=1, 2;3'",
      "then: ilab-backend run --only a,b --set 'x=1, 2;3' --state-dir 'a b' --project p",
    ],
    ['`ilab-backend run --project q`', "`ilab-backend run --project q --state-dir 'a b'`"],
  ])('%s', (text, whole) => {
    expect(withPlace(text, place)).toBe(whole);
  });

  test.each([
    '`ilab-backend help status`',
    '`ilab-backend images build`',
    'a run of ilab-backend',
    '`ilab-backend pipelines list`',
  ])('%s stays', (text) => {
    expect(withPlace(text, place)).toBe(text);
  });

  test('nothing typed, nothing added', () => {
    expect(withPlace('next: ilab-backend logs week', [])).toBe('next: ilab-backend logs week');
  });
});
