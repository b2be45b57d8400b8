import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/domain/json.ts';
import { FUNCTIONS, METHODS } from '../../src/template/cel/cel-environment.ts';
import {
  compileExpression,
  compileSchema,
  compileTemplate,
  createScope,
  formatProblems,
} from '../../src/template/index.ts';
import { KEYWORDS } from '../../src/template/schema/schema-keywords.ts';
import { must, partialsOf, problemsOf } from './harness.ts';

const PAGE = readFileSync('docs/templates.md', 'utf8').split(/^## Pipelines$/m)[0] ?? '';
const BLOCKS = [...PAGE.matchAll(/^```yaml ?([\w-]*) ?([\w.-]*)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', name = '', text = '']) => ({ kind, name, text }),
);
const textOf = (kind: string) => BLOCKS.find((block) => block.kind === kind)?.text ?? '';

const schema = parse(textOf('params')) as JsonObject;
const params = must(compileSchema(schema, { file: { path: 'params.yaml', text: textOf('params') }, path: [] }));
const values = { params: params.withDefaults(parse(textOf('values')) as JsonObject) };
const scope = createScope({ params });

/** The partials that are shown before a block. */
function partialsBefore(index: number): Record<string, string> {
  return Object.fromEntries(
    BLOCKS.slice(0, index).flatMap(({ kind, name, text }) => (kind === 'partial' ? [[name, text]] : [])),
  );
}

describe('the examples of docs/templates.md', () => {
  test('have values that fit their parameters', () => {
    expect(params.validate(values.params)).toEqual([]);
  });

  const templates = BLOCKS.flatMap((block, index) => (block.kind === 'template' ? [{ ...block, index }] : []));

  test.each(templates)('give what the page says: block $index', ({ text, index }) => {
    const file = { path: 'page.yaml', text: `apiVersion: v1\nkind: Test\n${text}` };
    const [object] = must(compileTemplate({ file, scope, partials: partialsOf(partialsBefore(index)) })).render(values);
    const result = BLOCKS[index + 1];
    expect(result?.kind).toBe('result');
    expect(object).toEqual({ apiVersion: 'v1', kind: 'Test', ...(parse(result?.text ?? '') as JsonObject) });
  });

  const table = PAGE.split('| Expression | Result |')[1]?.split('\n\n')[0] ?? '';
  const rows = [...table.matchAll(/^\| `(.+)` \| `(.+)` \|$/gm)].map(([, text = '', result = '']) => ({
    text,
    result,
  }));

  test.each(rows)('evaluate as the table says: $text', ({ text, result }) => {
    const file = { path: 'page.md', text };
    const expression = must(compileExpression({ text, place: { file: file.path, line: 1, column: 1 }, file }, scope));
    expect(JSON.stringify(expression.evaluate(values))).toBe(JSON.stringify(JSON.parse(result)));
  });

  test('are many', () => {
    expect(templates.length).toBeGreaterThan(8);
    expect(rows.length).toBeGreaterThan(10);
  });
});

describe('docs/templates.md', () => {
  test.each([...FUNCTIONS, ...METHODS])('names the function %s', (name) => {
    expect(PAGE).toContain(`${name}(`);
  });

  test.each(Object.values(KEYWORDS).flat())('names the keyword %s', (keyword) => {
    expect(PAGE).toContain(`\`${keyword}`);
  });

  test('shows faults as they are shown', () => {
    const text = [
      '',
      ...Array(6).fill('#'),
      'spec:',
      `          args: ["--n=\${params.trian.epochs}"]`,
      ...Array(3).fill('#'),
      '          env:',
      `            - $fro: { f: "\${params.files}" }`,
    ].join('\n');
    const file = { path: 'templates/hello/greet/job.yaml', text };
    const shown = formatProblems(problemsOf(compileTemplate({ file, scope, partials: () => undefined })));
    expect(PAGE).toContain(shown);
  });
});
