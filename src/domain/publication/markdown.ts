/*
 * Markdown that strangers' text cannot break out of: what they wrote stands in code spans only, where no markup, link,
 * mention or reference to an issue acts.
 */

/** Controls, formats (they reorder text or show nothing), halves of surrogate pairs, private use, separators. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

const LONGEST_SPAN = 200;

/** A text without line ends, with escapes and invisible characters spelt out (`\x1b`); at most `limit` characters. */
export function plainLine(text: string, limit: number): string {
  const shown = text.slice(0, limit + 1).replace(UNFIT, spellOut);
  return shown.length > limit ? `${shown.slice(0, Math.max(0, limit - 3)).replace(/[\ud800-\udbff]$/, '')}...` : shown;
}

function spellOut(character: string): string {
  if ('\n\r\t'.includes(character)) return ' ';
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** A code span. An `@` is spelt out as well, for readers that know no Markdown. */
export function code(text: string): string {
  const shown = plainLine(text, LONGEST_SPAN).replaceAll('@', '[at]').trim() || ' ';
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/**
 * The lines of a table; a `|` inside a cell stays inside, in code too. Backslashes before it are lost: not every reader
 * agrees on what they would mean.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\\*\|/g, '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** A link with a text of ours. An address that is no http(s) one is left out. */
export function link(text: string, address: string): string {
  if (!/^https?:\/\//.test(address)) return text;
  return `[${text}](${address.replace(/[\s()<>\\`|]/g, percentEncoded)})`;
}

/** `1 leaf`, `2 leaves`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function percentEncoded(character: string): string {
  return `%${Buffer.from(character).toString('hex').toUpperCase().match(/../g)?.join('%')}`;
}
