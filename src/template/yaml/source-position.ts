import type { Place, Problem, SourceFile } from '../../domain/pipeline/source-file.ts';

const lineStarts = new WeakMap<SourceFile, readonly number[]>();

function startsOf(file: SourceFile): readonly number[] {
  const known = lineStarts.get(file);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = file.text.indexOf('\n'); at !== -1; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1);
  lineStarts.set(file, starts);
  return starts;
}

/** The line and column of an offset into the file's text; an offset past the end is the end. */
export function placeAt(file: SourceFile, offset: number): Place {
  const starts = startsOf(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: file.path, line: low + 1, column: offset - (starts[low] as number) + 1 };
}

/** The offset of a place, the inverse of `placeAt`. */
export function offsetOf(file: SourceFile, place: Pick<Place, 'line' | 'column'>): number {
  const starts = startsOf(file);
  return (starts[Math.min(place.line, starts.length) - 1] as number) + place.column - 1;
}

function lineOf(file: SourceFile, line: number): string {
  const start = startsOf(file)[line - 1] as number;
  const end = file.text.indexOf('\n', start);
  return file.text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
}

/** A part of a file's text: `end` is the offset after the last character. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A problem whose marker underlines the part of the span that lies on its first line. */
export function problemAt(file: SourceFile, span: Span, message: string, hint?: string): Problem {
  const place = placeAt(file, span.start);
  const sourceLine = lineOf(file, place.line);
  const room = sourceLine.length - place.column + 1;
  const length = Math.max(1, Math.min(span.end - span.start, room));
  return { ...place, message, sourceLine, length, ...(hint === undefined ? {} : { hint }) };
}
