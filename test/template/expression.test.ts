// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import { describe, expect, test } from 'vitest';
import { isScalar } from 'yaml';
import {
  compileExpression,
  createScope,
  EvaluationFault,
  type ExpectedType,
  formatProblems,
} from '../../src/template/index.ts';
import { placeAt } from '../../src/template/yaml/source-position.ts';
import { nodeAt, spanOf, yamlSource } from '../../src/template/yaml/yaml-source.ts';
import { must, problemsOf, SCOPE, VALUES } from './harness.ts';

const RESULTS = createScope({
  params: { type: 'object', required: ['limit'], properties: { limit: { type: 'number' } } },
  results: {
    type: 'object',
    required: ['eval'],
    properties: {
      eval: {
        type: 'object',
        required: ['metrics'],
        properties: { metrics: { type: 'object', additionalProperties: { type: 'number' } } },
      },
    },
  },
});

/** The expression under `when` of a file, as a pipeline has it. */
function when(yaml: string, options: { readonly scope?: typeof SCOPE; readonly expected?: ExpectedType } = {}) {
  const file = { path: 'pipeline.yaml', text: `when: ${yaml}\n` };
  const document = yamlSource(file).documents[0];
  const node = document === undefined ? undefined : nodeAt(document, ['when']);
  if (!isScalar(node) || typeof node.value !== 'string') throw new Error('not a text');
  const place = placeAt(file, spanOf(node).start);
  return compileExpression({ text: node.value, place, file }, options.scope ?? SCOPE, options.expected);
}

describe('the result', () => {
  test.each([
    ['params.times + 1', 3],
    ['params.times * 1.5', 3],
    ['3 / 2', 1],
    ['3 / 2.0', 1.5],
    ['params.times == 2.0', true],
    ['2.0 != params.times', false],
    ['params.train.lr < params.times', true],
    ['params.times >= 2.0', true],
    ['7 % 4', 3],
    ['-params.times', -2],
    ['params.name + "!"', 'Ada!'],
    ['"a" in params.files', true],
    ['"k" in {"k": 1}', true],
    ['params.files + ["c"]', ['a', 'b', 'c']],
    ['params.files == ["a", "b"]', true],
    ['size(params.files) + params.name.size()', 5],
    ['params.rows.filter(r, has(r.size)).map(r, r.name)', ['x']],
    ['params.rows.exists(r, r.?size.orValue(0) > 0)', true],
    ['params.rows.all(r, r.name.startsWith("x"))', false],
    ['params.files.join("-").upperAscii()', 'A-B'],
    ['"a,b".split(",")', ['a', 'b']],
    ['string(params.times) + string(0.5) + string(true)', '20.5true'],
    ['int("7") + int(2.9)', 9],
    ['double(params.times) / 4.0', 0.5],
    ['cel.bind(n, params.times * 2, n + n)', 8],
    ['params.?rate.hasValue()', false],
    ['params.?rate.or(optional.of(1.0)).value()', 1],
    ['params.loud ? "yes" : "no"', 'no'],
    ['params.?rate', undefined],
    ['optional.none()', undefined],
    ['params.free', {}],
    ['[1, 2].map(x, x * params.times)', [2, 4]],
    ['"a\\nb".matches("^a")', true],
    ['params["name"]', 'Ada'],
    ['0x10', 16],
    ['1e3', 1000],
  ])('of %s', (text, expected) => {
    const expression = must(
      compileExpression({ text, place: { file: 'p', line: 1, column: 1 }, file: { path: 'p', text } }, SCOPE),
    );
    expect(expression.evaluate({ params: VALUES })).toEqual(expected);
  });

  test('of a free-form value joins its numbers too', () => {
    const free = { whole: 3, half: 0.5, list: [1, 2.5] };
    const results = [
      'params.free.whole + 1',
      'params.free.half * 2',
      'params.free.list[1] > params.free.whole',
      'params.free.whole == 3.0',
    ];
    const values = results.map((text) => must(when(`'${text}'`)).evaluate({ params: { ...VALUES, free } }));
    expect(values).toEqual([4, 1, false, true]);
  });
});

describe('a field that may be absent', () => {
  const GUARDED = [
    'has(params.rate) ? params.rate : 1.0',
    '!has(params.rate) ? 1.0 : params.rate',
    'has(params.rate) && params.rate > 1.0',
    '!has(params.rate) || params.rate > 1.0',
    'params.loud && has(params.teacher) && params.teacher.url != ""',
    'params.rows.map(r, has(r.size), r.size)',
    'params.rows.all(r, !has(r.size) || r.size > 0)',
    'has(params.teacher) && has(params.teacher.model) ? params.teacher.model : ""',
  ];

  test.each(GUARDED)('is read where has() says that it is there: %s', (text) => {
    const expression = must(when(`'${text}'`));
    expect(() => expression.evaluate({ params: VALUES })).not.toThrow();
    expect(() =>
      expression.evaluate({ params: { ...VALUES, rate: 2, loud: true, teacher: { url: 'u' } } }),
    ).not.toThrow();
  });

  const UNGUARDED = [
    'has(params.rate) || params.rate > 1.0',
    '!has(params.rate) && params.rate > 1.0',
    'has(params.rate) ? 1.0 : params.rate',
    'has(params.teacher) ? params.teacher.model : ""',
    'params.rows.all(r, has(r.size)) && params.rows.all(r, r.size > 0)',
    'cel.bind(r, params.rows[0], has(r.size)) && params.rows.exists(r, r.size > 0)',
    'params.rate > 1.0 && has(params.rate)',
  ];

  test.each(UNGUARDED)('is refused where it does not: %s', (text) => {
    expect(formatProblems(problemsOf(when(`'${text}'`)))).toContain('may be absent');
  });
});

describe('the expected type', () => {
  test.each<[string, ExpectedType]>([
    ['params.loud', 'bool'],
    ['params.name', 'string'],
    ['params.times', 'double'],
    ['params.?rate', 'optional<double>'],
    ['params.name', 'optional<string>'],
    ['params.free.x', 'bool'],
  ])('of %s may be %s', (text, expected) => {
    expect(problemsOf(when(text, { expected }))).toEqual([]);
  });

  test('is refused at load when the result is of another, or may be absent', () => {
    const cases: readonly [string, ExpectedType][] = [
      ['params.times', 'bool'],
      ['params.?rate', 'double'],
      ['params.?rate', 'optional<string>'],
    ];
    const found = cases.map(([text, expected]) => formatProblems(problemsOf(when(text, { expected }))));
    expect(found.join('\n')).toMatchInlineSnapshot(`
      "pipeline.yaml:1:7: the result is an integer; here it must be a boolean
       1 | when: params.times
         |       ^~~~~~~~~~~~
      pipeline.yaml:1:7: the result may be absent; here it must be a number
       1 | when: params.?rate
         |       ^~~~~~~~~~~~
         = choose a value for when it is absent: \`.orValue(...)\`
      pipeline.yaml:1:7: the result is a number; here it must be a string
       1 | when: params.?rate
         |       ^~~~~~~~~~~~"
    `);
  });

  test('of a free-form value is looked at when it is there', () => {
    const expression = must(when('params.free.x', { expected: 'bool' }));
    expect(expression.evaluate({ params: { ...VALUES, free: { x: true } } })).toBe(true);
    expect(() => expression.evaluate({ params: { ...VALUES, free: { x: 'yes' } } })).toThrow(
      'the result is "yes"; here it must be a boolean',
    );
  });
});

describe('a fault', () => {
  test('has its column inside plain, quoted and folded scalars', () => {
    const sources = [
      'params.nam == ""',
      '"params.nam == \\"\\""',
      "'\"it''s\" + params.nam'",
      '>-\n  true &&\n  params.nam == ""',
    ];
    expect(sources.map((source) => formatProblems(problemsOf(when(source)))).join('\n')).toMatchInlineSnapshot(`
      "pipeline.yaml:1:14: \`params\` has no field \`nam\`
       1 | when: params.nam == ""
         |              ^~~
         = did you mean \`name\`?
      pipeline.yaml:1:15: \`params\` has no field \`nam\`
       1 | when: "params.nam == \\"\\""
         |               ^~~
         = did you mean \`name\`?
      pipeline.yaml:1:25: \`params\` has no field \`nam\`
       1 | when: '"it''s" + params.nam'
         |                         ^~~
         = did you mean \`name\`?
      pipeline.yaml:3:10: \`params\` has no field \`nam\`
       3 |   params.nam == ""
         |          ^~~
         = did you mean \`name\`?"
    `);
  });

  test('says that a condition is written without ${ }', () => {
    expect(formatProblems(problemsOf(when('"${params.loud}"')))).toMatchInlineSnapshot(`
      "pipeline.yaml:1:8: \`$\` is not expected here
       1 | when: "\${params.loud}"
         |        ^
         = \`\${ }\` does not go inside an expression"
    `);
  });
});

describe('a gate', () => {
  const gate = 'results.eval.metrics.loss < params.limit && results.eval.metrics["acc"] >= 0.5';
  const values = (metrics: Record<string, number>) => ({ params: { limit: 2 }, results: { eval: { metrics } } });

  test('holds or does not', () => {
    const expression = must(when(gate, { scope: RESULTS, expected: 'bool' }));
    expect(expression.evaluate(values({ loss: 1, acc: 0.5 }))).toBe(true);
    expect(expression.evaluate(values({ loss: 3, acc: 0.5 }))).toBe(false);
  });

  test('shows both sides', () => {
    const expression = must(when(gate, { scope: RESULTS }));
    expect(expression.sides(values({ loss: 3, acc: 0.5 }))).toEqual([
      { expression: 'results.eval.metrics.loss', value: 3 },
      { expression: 'params.limit', value: 2 },
      { expression: 'results.eval.metrics["acc"]', value: 0.5 },
    ]);
  });

  test('shows the sides that has() guards', () => {
    const expression = must(when("'has(params.rate) && params.rate > 1.0'"));
    expect(expression.sides({ params: { ...VALUES, rate: 0.5 } })).toEqual([
      { expression: 'has(params.rate)', value: true },
      { expression: 'params.rate', value: 0.5 },
    ]);
    expect(expression.sides({ params: VALUES })).toEqual([
      { expression: 'has(params.rate)', value: false },
      { expression: 'params.rate', value: undefined },
    ]);
  });

  test.each([
    ['results.eval.metrics.loss < 1.0', 'results.eval.metrics.loss'],
    ['1.0 > results.eval.metrics["loss"]', 'results.eval.metrics["loss"]'],
    ['!(results.eval.metrics.loss > 1.0)', 'results.eval.metrics.loss'],
  ])('names the metric that is missing: %s', (text, missing) => {
    const expression = must(when(`'${text}'`, { scope: RESULTS, expected: 'bool' }));
    const fault = thrown(() => expression.evaluate(values({ acc: 1 })));
    expect(fault).toMatchObject({ missing, message: `\`${missing}\` has no value`, place: { line: 1 } });
  });

  test('names the stage that has no results', () => {
    const expression = must(when("'results.eval.metrics.loss < 1.0'", { scope: RESULTS }));
    expect(thrown(() => expression.evaluate({ params: { limit: 1 }, results: {} })).missing).toBe('results.eval');
  });
});

function thrown(run: () => unknown): EvaluationFault {
  try {
    run();
  } catch (error) {
    if (error instanceof EvaluationFault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
