import { padTo, textWidth, wrapTo } from './text-width.ts';

/** What kubectl writes where there is nothing to say. */
const NONE = '<none>';

const GAP = '   ';
const INDENT = '  ';
/** The last column is never wrapped to less than this: one word a line helps nobody. */
const LAST_COLUMN_MIN = 16;

export interface TableOptions {
  /** Cells of the terminal; absent = as wide as the content needs, as for a pipe. */
  readonly width?: number;
}

/**
 * A table in kubectl's manner: columns aligned, two or more spaces apart, no lines; an empty cell is `<none>`. Where it
 * does not fit, the last column is wrapped at spaces; where that does not help, each row becomes a block of `HEADER: value`.
 * Cells must be sanitised; all but the last column's may be coloured. No newline at the end.
 */
export function table(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const filled = rows.map((row) => headers.map((_, index) => (row[index] ?? '') || NONE));
  const widths = headers.map((header, index) =>
    Math.max(...[header, ...filled.map((row) => row[index] ?? '')].map(textWidth)),
  );
  const last = headers.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = options.width === undefined ? Number.POSITIVE_INFINITY : options.width - before;
  if (room >= (widths[last] ?? 0)) return aligned([headers, ...filled], widths);
  // A cell that would be broken inside a word is no longer a path to copy or a name to search for.
  const longestWord = Math.max(...filled.flatMap((row) => (row[last] ?? '').split(' ')).map(textWidth));
  if (room < Math.max(LAST_COLUMN_MIN, longestWord)) return blocks(headers, filled, options.width ?? 0);
  return aligned([headers, ...filled.flatMap((row) => wrapLast(row, room))], widths);
}

function aligned(rows: readonly (readonly string[])[], widths: readonly number[]): string {
  return rows
    .map((row) =>
      row
        .map((cell, index) => padTo(cell, widths[index] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function wrapLast(row: readonly string[], room: number): readonly (readonly string[])[] {
  const blank = row.slice(1).map(() => '');
  return wrapTo(row.at(-1) ?? '', room).map((line, index) =>
    index === 0 ? [...row.slice(0, -1), line] : [...blank, line],
  );
}

function blocks(headers: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const line = (header: string, cell: string): string => foldTo(`${header}: ${cell}`, width).join(`\n${INDENT}`);
  return rows.map((row) => headers.map((header, index) => line(header, row[index] ?? '')).join('\n')).join('\n\n');
}

/** Lines of at most `width` cells, their indent included, broken at spaces only: a longer word keeps its line. */
function foldTo(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const before = lines.at(-1);
    const indent = lines.length > 1 ? INDENT.length : 0;
    if (before !== undefined && textWidth(before) + 1 + textWidth(word) + indent <= width)
      lines[lines.length - 1] = `${before} ${word}`;
    else lines.push(word);
  }
  return lines;
}
