import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { readLines, sourceFiles } from './files.ts';

/*
 * No file imports what imports it, not even types: what two files need lies in a third. A file that only loads another
 * when it is called is no part of a circle.
 */

type Imports = ReadonlyMap<string, readonly string[]>;

const IMPORTED = /(?:^|\s)from '(?<path>\.[^']+)'/;

function importsOf(name: string, lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const path = IMPORTED.exec(line)?.groups?.['path'];
    return path === undefined ? [] : [posix.normalize(join(posix.dirname(name), path))];
  });
}

/** The first circle that is found, as the files on its way; empty when there is none. */
function circle(imports: Imports): readonly string[] {
  const done = new Set<string>();
  const walk = (name: string, way: readonly string[]): readonly string[] => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const next of imports.get(name) ?? []) {
      const found = walk(next, [...way, name]);
      if (found.length > 0) return found;
    }
    done.add(name);
    return [];
  };
  for (const name of imports.keys()) {
    const found = walk(name, []);
    if (found.length > 0) return found;
  }
  return [];
}

test('the files of src/ import each other in no circle', () => {
  const imports = new Map(sourceFiles('src').map((name) => [name, importsOf(name, readLines(name))]));
  expect([...imports.values()].flat().length).toBeGreaterThan(imports.size);
  expect(circle(imports)).toEqual([]);
});

test('a circle of types is found, and how it goes', () => {
  const imports = new Map([
    ['src/a.ts', importsOf('src/a.ts', ["import { b } from './b/b.ts';"])],
    ['src/b/b.ts', importsOf('src/b/b.ts', ["import { x } from '../x.ts';", "import type { C } from '../c.ts';"])],
    ['src/c.ts', importsOf('src/c.ts', ["export { b } from './b/b.ts';"])],
  ]);
  expect(circle(imports)).toEqual(['src/b/b.ts', 'src/c.ts', 'src/b/b.ts']);
});
