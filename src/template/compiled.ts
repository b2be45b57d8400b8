import type { Problem } from '../domain/pipeline/source-file.ts';

/** The result of compiling a source: usable, or every fault that was found, in the order of the files. */
export type Compiled<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** The value when nothing was found, else the problems: each place once, sorted by line within a file. */
export function compiled<T>(problems: readonly Problem[], value: () => T): Compiled<T> {
  if (problems.length === 0) return { kind: 'ok', value: value() };
  return { kind: 'problems', problems: inOrder(problems) };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const seen = new Set<string>();
  return problems
    .filter((problem) => {
      const key = JSON.stringify([problem.file, problem.line, problem.column, problem.message]);
      return !seen.has(key) && seen.add(key) !== undefined;
    })
    .toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column);
}
