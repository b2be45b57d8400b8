import { paint } from '../paint.ts';
import { table } from '../table.ts';
import { padTo, textWidth, wrapTo } from '../text-width.ts';
import type { DocumentOptions } from './status-text.ts';

/** One value as it is shown; all texts are sanitised. */
export interface ShownValue {
  readonly path: string;
  readonly value: string;
  readonly origin: string;
}

const GAP = '  ';
/** A longer name has its line for itself, so that the others leave room for values. */
const NAME_MAX = 32;

/**
 * Values and where they come from: a table where each has room on one line, else the origin at the right edge, below the
 * value where both do not fit. No newline at the end.
 */
export function configLines(values: readonly ShownValue[], options: DocumentOptions = {}): string {
  const rows = values.map(({ path, value, origin }) => [path, value, origin]);
  const wide = table(['VALUE', 'IS', 'FROM'], rows);
  const { width, color = false } = options;
  if (width === undefined || wide.split('\n').every((line) => textWidth(line) <= width)) return wide;
  const column = Math.min(NAME_MAX, Math.max(...values.map(({ path }) => textWidth(path))));
  const room = Math.max(1, width - column - GAP.length);
  return values
    .flatMap(({ path, value, origin }) => {
      const isLong = textWidth(path) > column;
      const cells = wrapTo(value, room).map((cell) => GAP + cell);
      const lines = isLong
        ? [path, ...cells.map((cell) => ' '.repeat(column) + cell)]
        : cells.map((cell, index) => padTo(index === 0 ? path : '', column) + cell);
      const last = lines.at(-1) ?? '';
      const left = width - textWidth(origin);
      const isBeside = textWidth(last) + GAP.length <= left;
      const shown = paint('faint', origin, color);
      if (isBeside) return [...lines.slice(0, -1), padTo(last, left) + shown];
      return [...lines, ' '.repeat(Math.max(0, left)) + shown];
    })
    .join('\n');
}
