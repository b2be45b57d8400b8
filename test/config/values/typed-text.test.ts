import { expect, test } from 'vitest';
import { readTypedText } from '../../../src/config/values/typed-text.ts';

test.each([
  ['1', { type: 'array' }, 'must be a list, is 1', 'a list of one is written [1]'],
  ['"a"', { type: 'array' }, 'must be a list, is "a"', 'a list of one is written ["a"]'],
  ['1,2', { type: 'array' }, 'must be a list as JSON', 'for example [1, 2] or ["a", "b"]'],
  ['{"a":1}', { type: 'array' }, 'must be a list, is {"a":1}', 'for example [1, 2] or ["a", "b"]'],
  ['[1]', { type: 'object' }, 'must be an object, is [1]', 'for example {"name": 1}'],
])('%s for %o is refused, with how to write it', (text, schema, message, hint) => {
  expect(readTypedText(text, schema)).toEqual({ kind: 'fault', message, hint });
});

test('a list of one', () => {
  expect(readTypedText('[123]', { type: 'array' })).toEqual({ kind: 'ok', value: [123] });
});
