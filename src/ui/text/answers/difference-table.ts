import { shownValue } from '../../../domain/json-changes.ts';
import { oneLine } from '../sanitize.ts';
import { type TableOptions, table } from '../table.ts';

/** What differs, value by value. A side that is absent does not have it. */
export interface Difference {
  readonly path: string;
  readonly before?: string | number;
  readonly after?: string | number;
}

/** What `diff` and `plan --against` print; `sides` are the headers of before and after. No newline at the end. */
export function differenceTable(
  sides: readonly [before: string, after: string],
  differences: readonly Difference[],
  options: TableOptions,
): string {
  return table(['WHAT', ...sides], differences.map(rowOf), options);
}

function rowOf({ path, before, after }: Difference): readonly string[] {
  if (typeof before === 'number' && typeof after === 'number') {
    const isCount = Number.isInteger(before) && Number.isInteger(after);
    const change = isCount ? after - before : Number((after - before).toPrecision(3));
    return [oneLine(path), figure(before), `${figure(after)} (${change > 0 ? '+' : ''}${change})`];
  }
  return [path, shown(before), shown(after)].map((text) => oneLine(text));
}

/** As many digits as tell something; `-o json` has all of them. */
function figure(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

const DIGEST = /\b(sha256:)?([0-9a-f]{12})[0-9a-f]{28,52}\b/g;

/** Digests and commits are cut to what tells them apart; `-o json` has all of it. */
function shown(value: string | number | undefined): string {
  return value === undefined ? '' : shownValue(String(value).replace(DIGEST, '$1$2'));
}
