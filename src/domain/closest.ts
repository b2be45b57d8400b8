/** The candidate a person most likely meant: at most a third of its letters differ; undefined when none is near. */
export function closest(typed: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(typed.toLowerCase(), candidate.toLowerCase());
    const limit = Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3));
    const shares = distance < Math.max(typed.length, candidate.length);
    if (shares && distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours, each counting one. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] as number) + 1);
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] as number;
}

/** The hint for a wrong name, which may be dotted: what was meant, else the list when it is short. */
export function nameHint(typed: string, candidates: Iterable<string>): string | undefined {
  const names = [...candidates];
  const meant = meantBy(typed, names).slice(0, MOST_MEANT);
  if (meant.length > 0) return `did you mean ${meant.map((name) => `\`${name}\``).join(', ')}?`;
  if (names.length === 0) return undefined;
  const listed = names.slice(0, 12).map((name) => `\`${name}\``);
  return `one of ${listed.join(', ')}${names.length > 12 ? ', ...' : ''}`;
}

const MOST_MEANT = 5;

/** The last step of a dotted name goes before the steps around it: people know `epochs`, and not where it belongs. */
function meantBy(typed: string, names: readonly string[]): readonly string[] {
  const last = lastOf(typed);
  const called = names.filter((name) => isCalled(lastOf(name), last));
  const around = typed.slice(0, typed.length - last.length);
  const whole = around === '' ? undefined : closest(typed, called);
  if (whole !== undefined) return [whole];
  if (called.length > 0) return called;
  const siblings = around === '' ? [] : names.filter((name) => name === `${around}${lastOf(name)}`);
  const sibling = closest(last, siblings.map(lastOf));
  const near = sibling === undefined ? closest(typed, names) : `${around}${sibling}`;
  if (near !== undefined) return [near];
  const nearLast = closest(last, names.map(lastOf));
  return nearLast === undefined ? [] : names.filter((name) => lastOf(name) === nearLast);
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** By its name, in capitals or not, or by the initials of its words: `lr` is `learningRate`. */
function isCalled(name: string, typed: string): boolean {
  if (name.toLowerCase() === typed.toLowerCase()) return true;
  const initials = name.replace(/(?<!^)[^A-Z]/g, '');
  return initials.length > 1 && initials.toLowerCase() === typed.toLowerCase();
}
