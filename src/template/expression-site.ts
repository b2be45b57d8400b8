import type { Scalar } from 'yaml';
import type { Place, Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import type { ExpressionFault } from './expression-fault.ts';
import { scalarOffsets } from './yaml/scalar-offsets.ts';
import { placeAt, problemAt } from './yaml/source-position.ts';
import { spanOf } from './yaml/yaml-source.ts';

/** Where an expression stands in a file: turns its offsets into the file's. */
export interface ExpressionSite {
  readonly text: string;
  place(): Place;
  problem(fault: ExpressionFault): Problem;
}

/** An expression inside a YAML scalar: its text begins at `start` of the scalar's value. */
export function siteInScalar(file: SourceFile, scalar: Scalar, text: string, start: number): ExpressionSite {
  let known: readonly number[] | undefined;
  const offset = (at: number): number => {
    known ??= scalarOffsets(file.text, scalar) ?? [];
    // The end of the text is where its last character ends.
    const exact = known[start + at];
    const before = known[start + at - 1];
    return exact ?? (before === undefined ? spanOf(scalar).start : before + 1);
  };
  return site(file, text, offset);
}

/** An expression whose characters follow each other in the file from `start` on. */
export function siteInText(file: SourceFile, text: string, start: number): ExpressionSite {
  return site(file, text, (at) => start + at);
}

function site(file: SourceFile, text: string, offset: (at: number) => number): ExpressionSite {
  const skipped = text.length - text.trimStart().length;
  return {
    text,
    place: () => placeAt(file, offset(skipped)),
    problem({ start, end, message, hint }) {
      const from = offset(start);
      const last = end > start ? offset(end - 1) + 1 : from + 1;
      return problemAt(file, { start: from, end: Math.max(last, from + 1) }, message, hint);
    },
  };
}
