import type { Scalar } from 'yaml';
import { spanOf } from './yaml-source.ts';

/**
 * For each character of a scalar's value, where it stands in the file: quotes, escapes, folded lines and indentation
 * are accounted for. Undefined when the text does not lead to the value, which no scalar known to us does.
 */
export function scalarOffsets(text: string, scalar: Scalar): readonly number[] | undefined {
  const value = typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');
  const { start, end } = spanOf(scalar);
  const source = text.slice(start, end);
  const offsets = aligned(source, value, scalar.type);
  return offsets?.map((offset) => offset + start);
}

function aligned(source: string, value: string, type: Scalar['type'] | undefined): readonly number[] | undefined {
  switch (type) {
    case 'QUOTE_DOUBLE':
      return alignFlow(source, value, 1, doubleQuotedChar);
    case 'QUOTE_SINGLE':
      return alignFlow(source, value, 1, singleQuotedChar);
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return alignBlock(source, value);
    default:
      return alignFlow(source, value, 0, plainChar);
  }
}

/** What one character of a flow scalar's source stands for, and how many characters it takes there. */
interface SourceChar {
  readonly text: string;
  readonly width: number;
}

type ReadChar = (source: string, at: number) => SourceChar;

function plainChar(source: string, at: number): SourceChar {
  return { text: source.charAt(at), width: 1 };
}

function singleQuotedChar(source: string, at: number): SourceChar {
  return source.startsWith("''", at) ? { text: "'", width: 2 } : plainChar(source, at);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const CODE_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function doubleQuotedChar(source: string, at: number): SourceChar {
  if (source[at] !== '\\') return plainChar(source, at);
  const lineBreak = /^\\\r?\n[ \t]*/.exec(source.slice(at));
  if (lineBreak !== null) return { text: '', width: lineBreak[0].length };
  const letter = source.charAt(at + 1);
  const digits = CODE_DIGITS[letter];
  if (digits === undefined) return { text: ESCAPES[letter] ?? letter, width: 2 };
  const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
  return { text: code <= 0x10ffff ? String.fromCodePoint(code) : '', width: 2 + digits };
}

const LINE_BREAKS = /[ \t]*\r?\n[ \t\r\n]*/y;

/** A flow scalar: one line break is a space, further ones are kept; white space around them does not count. */
function alignFlow(source: string, value: string, from: number, read: ReadChar): readonly number[] | undefined {
  const offsets: number[] = [];
  let at = from;
  while (offsets.length < value.length) {
    if (at >= source.length) return undefined;
    LINE_BREAKS.lastIndex = at;
    const breaks = LINE_BREAKS.exec(source)?.[0];
    const lines = breaks === undefined ? 0 : breaks.split('\n').length - 1;
    const char: SourceChar =
      breaks === undefined
        ? read(source, at)
        : { text: lines === 1 ? ' ' : '\n'.repeat(lines - 1), width: breaks.length };
    if (!value.startsWith(char.text, offsets.length)) return undefined;
    for (let unit = 0; unit < char.text.length; unit++) offsets.push(at);
    at += char.width;
  }
  return offsets;
}

/** A block scalar: the first line is its header; the indentation is the one that leads to the value. */
function alignBlock(source: string, value: string): readonly number[] | undefined {
  const body = source.indexOf('\n') + 1;
  const indents = [...linesFrom(source, body)].map(({ text }) => /^ */.exec(text)?.[0].length ?? 0);
  for (let indent = Math.max(0, ...indents); indent >= 0; indent--) {
    const offsets = alignIndented(source, value, body, indent);
    if (offsets !== undefined) return offsets;
  }
  return undefined;
}

/** Each line that holds something stands in the value as it is; between two there is a folded space, or breaks. */
function alignIndented(source: string, value: string, body: number, indent: number): readonly number[] | undefined {
  const offsets: number[] = [];
  let end = body;
  for (const line of linesFrom(source, body)) {
    const spaces = /^ */.exec(line.text)?.[0].length ?? 0;
    const content = line.text.slice(Math.min(indent, spaces));
    const from = offsets.length;
    const parted = content === '' ? 0 : separatorLength(value, from, content);
    if (!value.startsWith(content, from + parted)) {
      // White space at the end may have been cut.
      if (content.trim() === '') continue;
      return undefined;
    }
    if (content === '') continue;
    const start = line.start + line.text.length - content.length;
    for (let unit = 0; unit < parted; unit++) offsets.push(end);
    for (let unit = 0; unit < content.length; unit++) offsets.push(start + unit);
    end = line.start + line.text.length;
  }
  const rest = value.slice(offsets.length);
  return /^\n*$/.test(rest) ? [...offsets, ...Array.from(rest, () => end)] : undefined;
}

function separatorLength(value: string, from: number, content: string): number {
  if (value[from] === ' ' && !/^[ \t]/.test(content)) return 1;
  let to = from;
  while (value[to] === '\n') to++;
  return to - from;
}

function* linesFrom(source: string, from: number): Generator<{ readonly start: number; readonly text: string }> {
  let start = from;
  while (start < source.length) {
    const end = source.indexOf('\n', start);
    const text = source.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
    yield { start, text };
    start = end === -1 ? source.length : end + 1;
  }
}
