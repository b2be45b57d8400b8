import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { shellWord, typedPlace, withPlace } from '../../src/domain/typed-place.ts';

test('the flags of a place are found as they were typed, the last of a name', () => {
  const argv = [
    'run',
    '--state-dir',
    'a b',
    '-n',
    'one',
    '-nthree',
    '--namespace=two',
    '--set',
    'name=you',
    '--project',
    'p',
  ];
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
    [
      "then: ilab-backend run --set 'x=it'\\''s 1, 2' --only a, or so",
      "then: ilab-backend run --set 'x=it'\\''s 1, 2' --only a --state-dir 'a b' --project p, or so",
    ],
    ['`ilab-backend images build`', "`ilab-backend images build --state-dir 'a b' --project p`"],
    ['see `ilab-backend config view --show-origin`', 'see `ilab-backend config view --show-origin --project p`'],
    [
      '`ilab-backend rbac -n team | kubectl apply -f -`',
      '`ilab-backend rbac -n team --project p | kubectl apply -f -`',
    ],
    ['`ilab-backend run --project q`', "`ilab-backend run --project q --state-dir 'a b'`"],
  ])('%s', (text, whole) => {
    expect(withPlace(text, place)).toBe(whole);
  });

  test.each(['`ilab-backend help status`', 'a run of ilab-backend', '`ilab-backend verify ./model`'])(
    '%s stays',
    (text) => {
      expect(withPlace(text, place)).toBe(text);
    },
  );

  test('where a run was found is told to a new run only', () => {
    const seen = [...place, ['--context', 'prod', 'planned'] as const];
    expect(withPlace('`ilab-backend resume week`, or `ilab-backend run`', seen)).toBe(
      "`ilab-backend resume week --state-dir 'a b' --project p`, or `ilab-backend run --state-dir 'a b' --project p --context prod`",
    );
  });

  test('what is piped into kubectl goes to the cluster that was typed', () => {
    const typed = typedPlace(['--context', 'prod', '-n', 'other']);
    expect(withPlace('`ilab-backend rbac -n team | kubectl apply -f -`', typed)).toBe(
      '`ilab-backend rbac -n team | kubectl apply --context prod -f -`',
    );
  });

  test('nothing typed, nothing added', () => {
    expect(withPlace('next: ilab-backend logs week', [])).toBe('next: ilab-backend logs week');
  });
});

test.each(['', 'a b', "it's", '--set', 'x=1', '$HOME `id` "q" \\', "two\nlines\t\\'", 'ä €', '~/x', '#', '*'])(
  'a shell reads back %j',
  (word) => {
    const printed = execFileSync('bash', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' });
    expect(printed).toBe(word);
    expect(shellWord(word)).not.toContain('\n');
  },
);
