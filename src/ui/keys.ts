/** What terminals send for keys that are no character. */
const NAMES: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[Z': 'back-tab',
  '\t': 'tab',
  '\u000c': 'redraw',
  '\u001b': 'escape',
};

const ESC = '\u001b';
const KEY = new RegExp(`${ESC}\\[[0-9;?<=>]*[ -/]*[@-~]|${ESC}O.|.`, 'gsu');

/** The keys of a piece of input: characters as they are, the others by name; a sequence of no known key is no key. */
export function keysOf(input: string): readonly string[] {
  return (input.match(KEY) ?? []).flatMap((key) => NAMES[key] ?? (key.length === 1 && key >= ' ' ? [key] : []));
}
