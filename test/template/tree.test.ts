// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import { describe, expect, it, test } from 'vitest';
import { compileTemplate, compileTree, EvaluationFault } from '../../src/template/index.ts';
import { must, renderBody, SCOPE, VALUES } from './harness.ts';

describe('a scalar', () => {
  test.each([
    ['a: ${params.times}', { a: 2 }],
    ['a: "${params.times}"', { a: 2 }],
    ["a: '${params.times + 1}'", { a: 3 }],
    ['a: ${params.name}', { a: 'Ada' }],
    ['a: ${params.files}', { a: ['a', 'b'] }],
    ['a: ${params.train}', { a: { epochs: 3, lr: 0.5 } }],
    ['a: ${params.train.lr}', { a: 0.5 }],
    ['a: ${params.train.epochs * 1.0}', { a: 3 }],
    ['a: ${params.loud}', { a: false }],
    ['a: ${null}', { a: null }],
    ['a: ${params.rows.map(r, r.name)}', { a: ['x', 'y'] }],
    ['a: "${ {\'k\': params.times} }"', { a: { k: 2 } }],
  ])('that is one whole expression keeps its type: %s', (body, expected) => {
    expect(renderBody(body)).toEqual(expected);
  });

  test.each([
    ['a: x${params.times}', { a: 'x2' }],
    ['a: "${params.times} "', { a: '2 ' }],
    ['a: ${params.times}${params.train.epochs}', { a: '23' }],
    ['a: ${params.name}-${params.loud}-${params.train.lr}', { a: 'Ada-false-0.5' }],
    ['a: |\n  one ${params.name}\n  two', { a: 'one Ada\ntwo\n' }],
    ['a: >-\n  one\n  ${params.name}', { a: 'one Ada' }],
  ])('with other text is a string: %s', (body, expected) => {
    expect(renderBody(body)).toEqual(expected);
  });

  test.each([
    ['a: $${params.name}', { a: '${params.name}' }],
    ['a: $$${x}', { a: '$${x}' }],
    ['a: $${x} ${params.name}', { a: '${x} Ada' }],
    ['a: $5 and $$', { a: '$5 and $$' }],
    ['a: $(HOME)', { a: '$(HOME)' }],
  ])('escapes: %s', (body, expected) => {
    expect(renderBody(body)).toEqual(expected);
  });

  test.each([
    ['a: "${ \'}\' + params.name }"', { a: '}Ada' }],
    ["a: \"${ '\\\\'}' }\"", { a: "'}" }],
    ["a: \"${ {'a': {'b': params.name}}.a.b }\"", { a: 'Ada' }],
    ["a: \"${ '''it's }''' }\"", { a: "it's }" }],
  ])('ends an expression at its own brace: %s', (body, expected) => {
    expect(renderBody(body)).toEqual(expected);
  });

  test.each([
    [
      'a: 1\nb: -2.5\nc: true\nd: null\ne: "x"\nf: ~\ng: 0x1F',
      { a: 1, b: -2.5, c: true, d: null, e: 'x', f: null, g: 31 },
    ],
    ['1: x\ntrue: z', { '1': 'x', true: 'z' }],
    ['a:', { a: null }],
  ])('without expressions is what YAML says: %s', (body, expected) => {
    expect(renderBody(body)).toEqual(expected);
  });
});

describe('an optional', () => {
  test('without value drops its key, or its item', () => {
    expect(renderBody('a: ${params.?rate}\nb: [x, "${params.?teacher.url}"]')).toEqual({ b: ['x'] });
  });

  test('with a value is that value', () => {
    const teacher = { url: 'http://t' };
    expect(renderBody('a: ${params.?rate}\nb: ["${params.?teacher.url}"]', { rate: 1.5, teacher })).toEqual({
      a: 1.5,
      b: ['http://t'],
    });
  });

  test('is absent too when the object around it is there and the field is not', () => {
    expect(renderBody('a: ${params.?teacher.model}', { teacher: { url: 'u' } })).toEqual({});
  });

  test('takes another value with orValue', () => {
    expect(renderBody('a: ${params.?rate.orValue(2.0)}\nb: x${params.?teacher.model.orValue("m")}')).toEqual({
      a: 2,
      b: 'xm',
    });
  });
});

describe('$if', () => {
  test('drops a mapping under a key, and an item', () => {
    const body = 'a: { $if: "${params.loud}", x: 1 }\nb:\n  - $if: ${!params.loud}\n    y: 1\n  - z: 1';
    expect(renderBody(body)).toEqual({ b: [{ y: 1 }, { z: 1 }] });
    expect(renderBody(body, { loud: true })).toEqual({ a: { x: 1 }, b: [{ z: 1 }] });
  });

  test('that asks has() makes the field readable below it, in partials and loops too', () => {
    const body = [
      'a: { $if: "${has(params.teacher)}", url: "x${params.teacher.url}", more: { $include: url.yaml } }',
      'b:',
      '  - $for: { row: "${params.rows}" }',
      '    $if: ${has(row.size) && row.size > 0}',
      '    size: ${row.size}',
    ].join('\n');
    const partials = { 'url.yaml': 'url: ${params.teacher.url}' };
    expect(renderBody(body, {}, partials)).toEqual({ b: [{ size: 1 }] });
    expect(renderBody(body, { teacher: { url: 'u' } }, partials)).toEqual({
      a: { url: 'xu', more: { url: 'u' } },
      b: [{ size: 1 }],
    });
  });

  test('does not evaluate what it drops', () => {
    expect(renderBody('a: { $if: "${params.times > 5}", x: "${1 / (params.times - 2)}" }')).toEqual({});
  });
});

describe('$for', () => {
  test('repeats an item for each element', () => {
    const body = 'a:\n  - first: 1\n  - $for: { row: "${params.rows}" }\n    name: ${row.name}\n    size: ${row.?size}';
    expect(renderBody(body)).toEqual({ a: [{ first: 1 }, { name: 'x', size: 1 }, { name: 'y' }] });
    expect(renderBody(body, { rows: [] })).toEqual({ a: [{ first: 1 }] });
  });

  test('runs over the keys of a map, sorted', () => {
    const body = 'a:\n  - $for: { key: "${params.?env}" }\n    name: ${key}\n    value: ${params.?env[key]}';
    expect(renderBody(body, { env: { B: '2', A: '1' } })).toEqual({
      a: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    });
    expect(renderBody(body)).toEqual({ a: [] });
  });

  test('with $if keeps the elements that fit', () => {
    const body = 'a:\n  - $for: { row: "${params.rows}" }\n    $if: ${has(row.size)}\n    name: ${row.name}';
    expect(renderBody(body)).toEqual({ a: [{ name: 'x' }] });
  });

  test('with two variables makes every pair, and the second list may use the first variable', () => {
    const body = "a:\n  - $for:\n      f: ${params.files}\n      g: \"${[f + '1', f + '2']}\"\n    $value: ${f}${g}";
    expect(renderBody(body)).toEqual({ a: ['aa1', 'aa2', 'bb1', 'bb2'] });
  });

  test('inside $for sees both variables', () => {
    const body = [
      'a:',
      '  - $for: { row: "${params.rows}" }',
      '    files:',
      '      - $for: { f: "${params.files}" }',
      '        $value: ${row.name}/${f}',
    ].join('\n');
    expect(renderBody(body)).toEqual({ a: [{ files: ['x/a', 'x/b'] }, { files: ['y/a', 'y/b'] }] });
  });

  test('at the top of a document repeats the object', () => {
    const text = '$for: { f: "${params.files}" }\napiVersion: v1\nkind: Test\nname: ${f}\n';
    const template = must(compileTemplate({ file: { path: 't.yaml', text }, scope: SCOPE, partials: () => undefined }));
    expect(template.render({ params: VALUES }).map((object) => object['name'])).toEqual(['a', 'b']);
  });
});

describe('$value', () => {
  test('gives $if and $for to what is no mapping', () => {
    const body =
      'args:\n  - --quick\n  - { $if: "${params.loud}", $value: --loud }\n  - { $for: { f: "${params.files}" }, $value: "--file=${f}" }';
    expect(renderBody(body)).toEqual({ args: ['--quick', '--file=a', '--file=b'] });
    expect(renderBody(body, { loud: true, files: [] })).toEqual({ args: ['--quick', '--loud'] });
  });
});

describe('a file', () => {
  it('may hold several objects, and $if drops one', () => {
    const text =
      'apiVersion: v1\nkind: A\n---\n$if: ${params.loud}\napiVersion: v1\nkind: B\n---\napiVersion: v1\nkind: C\n';
    const template = must(compileTemplate({ file: { path: 't.yaml', text }, scope: SCOPE, partials: () => undefined }));
    const kinds = (loud: boolean) => template.render({ params: { ...VALUES, loud } }).map((object) => object['kind']);
    expect(kinds(false)).toEqual(['A', 'C']);
    expect(kinds(true)).toEqual(['A', 'B', 'C']);
  });

  it('may use anchors and aliases', () => {
    expect(renderBody('a: &x { k: "${params.name}" }\nb: *x\nc: [*x]')).toEqual({
      a: { k: 'Ada' },
      b: { k: 'Ada' },
      c: [{ k: 'Ada' }],
    });
  });

  it('writes a key that begins with a dollar with two', () => {
    expect(renderBody('a: { $$if: 1, $$$x: 2 }')).toEqual({ a: { $if: 1, $$x: 2 } });
  });
});

describe('a tree of data', () => {
  const file = {
    path: 'pipeline.yaml',
    text: 'stages:\n  s:\n    params: { n: "${params.times}", args: ["$(A)${params.name}"], no: no }\n',
  };
  const tree = must(compileTree({ file, path: ['stages', 's', 'params'], scope: SCOPE, partials: () => undefined }));

  it('is the part of a file that the path names; nothing in it is a manifest', () => {
    expect(tree.render({ params: { ...VALUES, name: '$(B)' } })).toEqual({ n: 2, args: ['$(A)$(B)'], no: 'no' });
  });
});

describe('rendering', () => {
  test('fails with the place and the expression when there is no result', () => {
    const fault = caught(() => renderBody('a: ${params.times / (params.times - 2)}'));
    expect(fault.message).toBe('division by zero');
    expect(fault.expression).toBe('params.times / (params.times - 2)');
    expect(fault.place).toEqual({ file: 'greet/job.yaml', line: 3, column: 6 });
  });

  test.each([
    ['a: ${params.times * 4503599627370497}', 'the integer 9007199254740994 is beyond 2^53 and would lose digits'],
    ['a: ${params.train.lr / 0.0}', 'the result is Infinity, which JSON cannot hold'],
    ['a: x${params.free.list}', 'a list or an object cannot be part of a text'],
    ['a: ${params.free.none}', '`params.free.none` has no value'],
    ['a: ${params.files[7]}', '`params.files[7]` has no value'],
    ['a: { $if: "${params.free.word}", x: 1 }', 'the condition is neither true nor false'],
    ['a: [{ $for: { x: "${params.free.word}" }, y: 1 }]', 'the loop runs over neither a list nor a map'],
  ])('refuses %s', (body, message) => {
    expect(caught(() => renderBody(body, { free: { list: [1], word: 'w' } })).message).toBe(message);
  });

  test('names a variable that was not given', () => {
    const template = must(
      compileTree({ file: { path: 'p', text: 'a: ${image}' }, scope: SCOPE, partials: () => undefined }),
    );
    expect(caught(() => template.render({ params: VALUES })).missing).toBe('image');
  });
});

function caught(run: () => unknown): EvaluationFault {
  try {
    run();
  } catch (error) {
    if (error instanceof EvaluationFault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
