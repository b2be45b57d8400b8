import { describe, expect, test } from 'vitest';
import { compileTemplate, formatProblems } from '../../src/template/index.ts';
import { problemsOf, SCOPE } from './harness.ts';

function faults(body: string, partials: Readonly<Record<string, string>> = {}): string {
  const file = { path: 't.yaml', text: `apiVersion: v1\nkind: T\n${body}\n` };
  const find = (name: string) => (partials[name] === undefined ? undefined : { path: name, text: partials[name] });
  return formatProblems(problemsOf(compileTemplate({ file, scope: SCOPE, partials: find })));
}

const letters = 'bcdefghij'.split('');

describe('a template that grows without end', () => {
  test('by aliases is refused at the alias', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [index, letter] of letters.entries()) {
      const before = index === 0 ? 'a' : letters[index - 1];
      bomb.push(`${letter}: &${letter} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(faults(bomb.join('\n'))).toMatchInlineSnapshot(`
      "t.yaml:7:20: the template expands to more than 50000 values
       7 | e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
         |                    ^~
         = aliases or partials multiply into too much"
    `);
  });

  test('by partials is refused', () => {
    const partials: Record<string, string> = { 'z.yaml': 'a: 1' };
    const names = [...letters, 'z'];
    for (const [index, letter] of letters.entries()) {
      const next = `{ $include: ${names[index + 1]}.yaml }`;
      partials[`${letter}.yaml`] = `x: [${Array(10).fill(next).join(', ')}]`;
    }
    expect(faults('a: { $include: b.yaml }', partials)).toContain('the template expands to more than 50000 values');
  });

  test.each([
    ['lists', `a: ${'['.repeat(150)}${']'.repeat(150)}`],
    ['mappings', `a: ${'{a: '.repeat(150)}1${'}'.repeat(150)}`],
    ['lists beyond the stack', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['expressions', `a: "\${${'('.repeat(500)}1${')'.repeat(500)}}"`],
    ['operators', `a: "\${${'1+'.repeat(20_000)}1}"`],
    ['negations', `a: "\${${'!'.repeat(20_000)}true}"`],
  ])('by nesting is refused: %s', (_, body) => {
    expect(faults(body)).toContain('nested too deeply');
  });
});
