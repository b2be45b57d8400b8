import { formatBytes } from './format.ts';

/*
 * Log lines and messages come from strangers' programs. On a terminal a control sequence could move the cursor, rename
 * the window or hide what stands there, so everything that is shown passes through here; stored logs keep their bytes.
 */

/** How much of one line is shown, in bytes of UTF-8; all of it is stored. */
export const DISPLAY_BYTES_MAX = 64 * 1024;

export interface SanitizeOptions {
  /** Keeps SGR sequences (colour, bold) and ends them with the line. Default false. */
  readonly color?: boolean;
  /** False writes everything beyond ASCII as `\u{e9}`: elsewhere its bytes could be control characters. Default true. */
  readonly unicode?: boolean;
}

/** What text that is not a log line may hold: never the colours of strangers. */
export type TextOptions = Pick<SanitizeOptions, 'unicode'>;

const ESC = '\u001b';
const SGR = new RegExp(`${ESC}\\[[0-9;:]{0,64}m`, 'g');
const RESET = `${ESC}[0m`;
/** A sequence that was cut in the middle. */
const OPEN_SEQUENCE = new RegExp(`${ESC}\\[?[0-9;:]{0,64}$`);

/**
 * Controls but the tab, invisible format characters (they reorder text; the two joiners only shape it), line and
 * paragraph separators, halves of surrogate pairs.
 */
const UNSAFE = /(?![\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const UNSAFE_OR_WIDE = /(?!\t)[\p{Cc}\u{80}-\u{10ffff}]/gu;

/**
 * One line as it can be shown: only the last of what carriage returns would draw over each other, controls written out
 * (`\x1b`), at most `DISPLAY_BYTES_MAX` bytes. Text without controls comes back as it is.
 */
export function sanitize(text: string, options: SanitizeOptions = {}): string {
  const line = lastDrawn(text);
  const kept = cutBytes(line, DISPLAY_BYTES_MAX);
  const unsafe = options.unicode === false ? UNSAFE_OR_WIDE : UNSAFE;
  const safe = options.color === true ? aroundColor(kept, unsafe) : kept.replace(unsafe, spellOut);
  const fitting = cutBytes(safe, DISPLAY_BYTES_MAX);
  const shown = options.color === true ? closeColor(fitting) : fitting;
  return kept === line && fitting === safe
    ? shown
    : `${shown} [cut: the line has ${formatBytes(Buffer.byteLength(line))}]`;
}

/** A text as one uncoloured line for a sentence or a table cell: runs of white space become one space. */
export function oneLine(text: string, options: TextOptions = {}): string {
  return sanitize(text.slice(0, DISPLAY_BYTES_MAX).replace(/\s+/g, ' ').trim(), { ...options, color: false });
}

function lastDrawn(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 13) end -= 1;
  return text.slice(text.lastIndexOf('\r', end - 1) + 1, end);
}

function aroundColor(text: string, unsafe: RegExp): string {
  let shown = '';
  let from = 0;
  for (const match of text.matchAll(SGR)) {
    shown += text.slice(from, match.index).replace(unsafe, spellOut) + match[0];
    from = match.index + match[0].length;
  }
  return shown + text.slice(from).replace(unsafe, spellOut);
}

function closeColor(text: string): string {
  const whole = text.replace(OPEN_SEQUENCE, '');
  const last = whole.match(SGR)?.at(-1);
  return last === undefined || last === RESET || last === `${ESC}[m` ? whole : whole + RESET;
}

function spellOut(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return hex(code);
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** The longest start of `text` that is whole characters and fits into `max` bytes. */
function cutBytes(text: string, max: number): string {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text;
  const buffer = Buffer.from(text.slice(0, max));
  let end = Math.min(max, buffer.length);
  while (end > 0 && end < buffer.length && ((buffer[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return buffer.toString('utf8', 0, end);
}
