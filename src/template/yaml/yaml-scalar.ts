/** Text that every reader takes for text without quotes: begins like a word, a path or an option, and is ASCII. */
const PLAIN = /^(?:--?)?[A-Za-z_/][\w./@%+,=-]*(?:(?: |:)[\w./@%+,=-]+)*$/;
const QUANTITY = /^[1-9][0-9]*(?:m|k|M|G|T|Ki|Mi|Gi|Ti|s|h|d)$/;
/** Words that YAML 1.1 or 1.2 take for booleans or null, in any case. */
const WORD = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** Characters that are not printed, that some readers take for line breaks, or that turn the direction of text. */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
  /["\\\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A string as a scalar. `indent` is where the lines of a block begin. */
export function yamlText(text: string, indent: string): string {
  if (isPlain(text)) return text;
  return isBlock(text) ? blockText(text, indent) : quotedText(text);
}

/** A key with its colon; one longer than YAML allows beside a colon is written with `?`. */
export function yamlKey(key: string, indent: string): string {
  const text = isPlain(key) ? key : quotedText(key);
  return text.length <= 1000 ? `${text}:` : `? ${text}\n${indent}:`;
}

function isPlain(text: string): boolean {
  return (PLAIN.test(text) && !WORD.test(text)) || QUANTITY.test(text);
}

/** Scripts and the like: lines that need no escape and do not begin with white space. */
function isBlock(text: string): boolean {
  if (!/[^\n]\n/.test(text) || text.length > 100_000) return false;
  const escaped = text.match(HIDDEN) ?? [];
  return (
    escaped.every((char) => char === '\n' || char === '"' || char === '\\') && !/^[ \t]|^\n|\n[ \t]+(\n|$)/.test(text)
  );
}

function blockText(text: string, indent: string): string {
  const body = text.replace(/\n+$/, '');
  const breaks = text.length - body.length;
  const chomp = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  const end = '\n'.repeat(Math.max(0, breaks - 1));
  return `|${chomp}\n${body.replace(/^(?=[^\n])/gm, indent)}${end}`;
}

function quotedText(text: string): string {
  return `"${text.replace(HIDDEN, escapeChar)}"`;
}

function escapeChar(char: string): string {
  return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** YAML 1.1 takes an exponent for a number only after a point. */
export function yamlNumber(value: number): string {
  const text = JSON.stringify(value);
  return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text;
}
