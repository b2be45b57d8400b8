import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, isMap, isScalar, type Scalar } from 'yaml';
import type { SourceFile } from '../../../src/domain/pipeline/source-file.ts';
import { scalarOffsets } from '../../../src/template/yaml/scalar-offsets.ts';
import { yamlSource } from '../../../src/template/yaml/yaml-source.ts';

type Style = NonNullable<Scalar['type']>;

/** A text written by the YAML library in a style, at some depth and line width, and read again. */
function written(value: string, style: Style, options: { readonly width: number; readonly depth: number }) {
  const document = new Document({ key: value });
  const pair = isMap(document.contents) ? document.contents.items[0] : undefined;
  if (isScalar(pair?.value)) pair.value.type = style;
  const yaml = document.toString({ lineWidth: options.width, minContentWidth: 0 });
  const text =
    Array.from({ length: options.depth }, (_, depth) => `${'  '.repeat(depth)}a:\n`).join('') +
    yaml.replace(/^(?=.)/gm, '  '.repeat(options.depth));
  const file: SourceFile = { path: 'x.yaml', text };
  let node: unknown = yamlSource(file).documents[0]?.contents;
  while (isMap(node)) node = node.items[0]?.value;
  return { text, node };
}

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abc$.{}'), minLength: 1, maxLength: 6 }),
  fc.constantFrom("it's", '"q"', 'back\\slash', '\t', 'é', '😀', '#', ': ', '- '),
);
const text = fc
  .array(fc.oneof(word, fc.constantFrom(' ', '  ', '\n', '\n\n', '\n  ')), { minLength: 1, maxLength: 14 })
  .map((words) => words.join(''));

describe('the offsets of a scalar', () => {
  test.each<Style>(['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'])(
    'lead to its characters: %s',
    (style) => {
      fc.assert(
        fc.property(text, fc.constantFrom(0, 20), fc.integer({ min: 0, max: 2 }), (value, width, depth) => {
          const { text: source, node } = written(value, style, { width, depth });
          if (!isScalar(node)) throw new Error('not a scalar');
          fc.pre(node.value === value);
          const offsets = scalarOffsets(source, node);
          expect(offsets).toHaveLength(value.length);
          for (const [index, char] of [...value.split('').entries()]) {
            // What an escape or a fold stands for is not the same character; letters always are.
            if (/[a-c$.{}]/.test(char)) expect(source[offsets?.[index] ?? -1]).toBe(char);
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  test.each([
    ['"\\x41\\u0042\\U00000043"', 'ABC', [4, 8, 14]],
    ['"a\\\n   b"', 'ab', [4, 10]],
    ['"a\n\n  b"', 'a\nb', [4, 5, 9]],
    ["'a''b'", "a'b", [4, 5, 7]],
    ['a\n  b', 'a b', [3, 4, 7]],
    ['|-\r\n  a\r\n  b', 'a\nb', [9, 10, 14]],
    ['|2-\n    a\n   b', '  a\n b', [9, 10, 11, 12, 15, 16]],
    ['>-\n  a\n  b\n\n  c', 'a b\nc', [8, 9, 12, 13, 17]],
  ])('of %j', (source, value, expected) => {
    const file = { path: 'x.yaml', text: `k: ${source}\n` };
    const contents = yamlSource(file).documents[0]?.contents;
    const node = isMap(contents) ? contents.items[0]?.value : undefined;
    if (!isScalar(node)) throw new Error('not a scalar');
    expect(node.value).toBe(value);
    expect(scalarOffsets(file.text, node)).toEqual(expected);
  });
});
