const CONTEXT = 3;

/**
 * What changes between two texts as one hunk of a unified diff: everything between their common beginning and their
 * common end. `before` undefined = the file is not there. Empty when they are the same. Ends with a line end.
 */
export function unifiedDiff(name: string, before: string | undefined, after: string): string {
  if (before === after) return '';
  const [old, now] = [linesOf(before ?? ''), linesOf(after)];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const from = Math.max(0, head - CONTEXT);
  const after3 = Math.min(tail, CONTEXT);
  const [oldEnd, newEnd] = [old.length - tail, now.length - tail];
  const lines = [
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...old.slice(head, oldEnd).map((line) => `-${line}`),
    ...now.slice(head, newEnd).map((line) => `+${line}`),
    ...now.slice(newEnd, newEnd + after3).map((line) => ` ${line}`),
  ];
  const range = (sign: string, count: number): string => `${sign}${count === 0 ? from : from + 1},${count}`;
  const ranges = `${range('-', oldEnd + after3 - from)} ${range('+', newEnd + after3 - from)}`;
  return [
    `--- ${before === undefined ? '/dev/null' : `a/${name}`}`,
    `+++ b/${name}`,
    `@@ ${ranges} @@`,
    ...lines,
    '',
  ].join('\n');
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
