import { expect, test } from 'vitest';
import { paint } from '../../../src/ui/text/paint.ts';
import { table } from '../../../src/ui/text/table.ts';

const HEADERS = ['NAME', 'PHASE', 'REASON'];
const ROWS = [
  ['weekly-47', 'Failed', 'the input of train changed after it was recorded'],
  ['x', '', ''],
];

test('columns are aligned; what is empty is <none>', () => {
  expect(table(HEADERS, ROWS)).toMatchInlineSnapshot(`
    "NAME        PHASE    REASON
    weekly-47   Failed   the input of train changed after it was recorded
    x           <none>   <none>"
  `);
});

test('where it does not fit, the last column is wrapped', () => {
  expect(table(HEADERS, ROWS, { width: 44 })).toMatchInlineSnapshot(`
    "NAME        PHASE    REASON
    weekly-47   Failed   the input of train
                         changed after it was
                         recorded
    x           <none>   <none>"
  `);
});

test('on 20 columns each row becomes a block', () => {
  expect(table(HEADERS, ROWS, { width: 20 })).toMatchInlineSnapshot(`
    "NAME: weekly-47
    PHASE: Failed
    REASON: the input of
      train changed
      after it was
      recorded

    NAME: x
    PHASE: <none>
    REASON: <none>"
  `);
});

test('a word is never broken: where one does not fit, each row becomes a block', () => {
  const rows = [['publish/registry', '3 KiB', '/home/ada/.local/state/ilab-backend/workspace/runs/x']];
  expect(table(['ARTIFACT', 'SIZE', 'WHERE'], rows, { width: 60 })).toMatchInlineSnapshot(`
    "ARTIFACT: publish/registry
    SIZE: 3 KiB
    WHERE: /home/ada/.local/state/ilab-backend/workspace/runs/x"
  `);
  expect(table(['ARTIFACT', 'SIZE', 'WHERE'], rows, { width: 90 }).split('\n')).toHaveLength(2);
});

test('colour and wide characters do not disturb the columns', () => {
  const rows = [
    ['模型', paint('bad', 'Failed', true), 'a'],
    ['x', 'Succeeded', 'b'],
  ];
  const lines = table(HEADERS, rows).split('\n');
  expect(lines[1]).toBe('模型   \u001b[31mFailed\u001b[39m      a');
  expect(lines[2]).toBe('x      Succeeded   b');
});

test('without rows only the headers remain', () => {
  expect(table(HEADERS, [])).toBe('NAME   PHASE   REASON');
});
