/** How many lines of the output of `seq LINES` are not the next number, or are missing. */
export function faults(text: string, lines: number): number {
  const read = text.split('\n').slice(0, -1);
  const wrong = read.filter((line, index) => line !== String(index + 1)).length;
  return wrong + Math.abs(lines - read.length);
}
