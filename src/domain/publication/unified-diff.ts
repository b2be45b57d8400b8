const CONTEXT = 3;
/** Above it (lines of the one times lines of the other, without their common ends) all of it counts as changed. */
const MOST_CELLS = 4_000_000;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * What changes between two texts, as a unified diff with three lines around each change. `before` undefined = the file is
 * not there. Empty when they are the same. Ends with a line end.
 */
export function unifiedDiff(name: string, before: string | undefined, after: string): string {
  const lines = changedLines(linesOf(before ?? ''), linesOf(after));
  const hunks = hunksOf(lines).map(({ from, to }) => {
    const range = (other: Line['sign']): string => {
      const start = lines.slice(0, from).filter(({ sign }) => sign !== other).length;
      const count = lines.slice(from, to).filter(({ sign }) => sign !== other).length;
      return `${count === 0 ? start : start + 1},${count}`;
    };
    const shown = lines.slice(from, to).map(({ sign, text }) => `${sign}${text}\n`);
    return `@@ -${range('+')} +${range('-')} @@\n${shown.join('')}`;
  });
  if (hunks.length === 0) return '';
  return `--- ${before === undefined ? '/dev/null' : `a/${name}`}\n+++ b/${name}\n${hunks.join('')}`;
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function changedLines(old: readonly string[], now: readonly string[]): readonly Line[] {
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const same = (text: string): Line => ({ sign: ' ', text });
  return [
    ...old.slice(0, head).map(same),
    ...between(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

/** By the longest common subsequence of lines. */
function between(old: readonly string[], now: readonly string[]): readonly Line[] {
  if (old.length * now.length > MOST_CELLS) {
    return [...old.map((text) => ({ sign: '-', text }) as const), ...now.map((text) => ({ sign: '+', text }) as const)];
  }
  const width = now.length + 1;
  // How many lines both have in common from here to their ends.
  const common = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1)
      common[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const [gone, come] = [old[i], now[j]];
    if (gone !== undefined && gone === come) {
      lines.push({ sign: ' ', text: gone });
      i += 1;
      j += 1;
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: gone });
      i += 1;
    } else {
      lines.push({ sign: '+', text: come ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** The changes with the lines around them; those that touch are one. */
function hunksOf(lines: readonly Line[]): readonly { readonly from: number; readonly to: number }[] {
  const hunks: { from: number; to: number }[] = [];
  for (const [index, { sign }] of lines.entries()) {
    if (sign === ' ') continue;
    const to = Math.min(lines.length, index + CONTEXT + 1);
    const last = hunks.at(-1);
    if (last !== undefined && index - CONTEXT <= last.to) last.to = to;
    else hunks.push({ from: Math.max(0, index - CONTEXT), to });
  }
  return hunks;
}
