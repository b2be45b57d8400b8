import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readLines, sourceFiles } from './files.ts';

const MAX_LINES = 400;

/** Files that may be longer, each with the reason that was accepted in review. */
const TABLE = 'one table of inputs and of what people see for each; halves would hide what is missing';
const LONGER: Readonly<Record<string, string>> = {
  'test/config/configure.test.ts': TABLE,
  'test/template/faults-expressions.test.ts': TABLE,
  'test/template/faults-structure.test.ts': TABLE,
  'test/template/schema.test.ts': TABLE,
};

const DECLARATION =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type) (?<name>\w+)/;
/** A type that only repeats the value above it, which has the comment. */
const INFERRED = /^export type \w+ = (?:z\.infer<|keyof typeof |\(typeof )/;

describe('a source file', () => {
  test(`has at most ${MAX_LINES} lines, or a reason`, () => {
    const files = ['src', 'scripts', 'test', 'bench'].flatMap(sourceFiles);
    const long = files.filter((name) => readLines(name).length > MAX_LINES && LONGER[name] === undefined);
    expect(long).toEqual([]);
  });

  test('is on the list of longer ones only while it is longer', () => {
    const short = Object.keys(LONGER).filter((name) => readLines(name).length <= MAX_LINES);
    expect(short).toEqual([]);
  });

  test('names the thing it holds, not a heap', () => {
    expect(sourceFiles('src').filter((name) => /\b(?:utils?|helpers?|misc|common)\b/.test(name))).toEqual([]);
  });
});

describe('an exported declaration of domain, ports and actions', () => {
  const folders = ['src/domain', 'src/ports', 'src/actions'];

  test('has a comment that states its contract', () => {
    expect(folders.flatMap(sourceFiles).flatMap(undocumented)).toEqual([]);
  });

  test('is found when it has none', () => {
    const lines = [
      '/** Documented. */',
      'export const a = 1;',
      '',
      'export function b() {}',
      '// no',
      'export type C = 1;',
    ];
    expect(undocumentedIn('x.ts', lines)).toEqual(['x.ts:4 b', 'x.ts:6 C']);
  });
});

describe('src/', () => {
  test('knows the name of no stage and no pipeline', () => {
    const names = ['instructlab', 'datagen', 'train', 'eval', 'publish'];
    const literal = new RegExp(`['"\`](?:${names.join('|')})['"\`]`);
    const comment = /^\s*(?:\*|\/[*/])/;
    const found = sourceFiles('src').flatMap((name) =>
      readLines(name).flatMap((line, index) =>
        literal.test(line) && !comment.test(line) ? [`${name}:${index + 1} ${line.trim()}`] : [],
      ),
    );
    expect(found).toEqual([]);
  });

  test('has no licence banner and no unfinished business', () => {
    const found = sourceFiles('src').filter((name) =>
      /copyright|SPDX|\b(?:TODO|FIXME|XXX)\b/i.test(readFileSync(name, 'utf8')),
    );
    expect(found).toEqual([]);
  });
});

function undocumented(name: string): readonly string[] {
  return undocumentedIn(name, readLines(name));
}

function undocumentedIn(name: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, index) => {
    const declared = DECLARATION.exec(line)?.groups?.['name'];
    if (declared === undefined || INFERRED.test(line)) return [];
    return lines[index - 1]?.trimEnd().endsWith('*/') === true ? [] : [`${name}:${index + 1} ${declared}`];
  });
}
