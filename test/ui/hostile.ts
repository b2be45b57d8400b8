import fc from 'fast-check';

/** A control, a format character or a separator that must reach no terminal; tab and line end are layout. */
export const CONTROLS = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** What a stage could put into any text it may choose. */
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u001b[31m\u009b1A\r\n\u202e\ud800x\0';

const nasty = fc.constantFrom(
  '\u001b',
  '\u001b[',
  '\u001b[31m',
  '\u001b[0m',
  '\u001b]8;;',
  '\r',
  '\n',
  '\t',
  '\0',
  '\u009b',
  '\u202e',
  '\ud800',
  '模',
  'x',
  ' ',
);

/** Any text, with what terminals obey more often than chance would put it there. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(nasty, { maxLength: 30 }).map((parts) => parts.join('')),
);

/** The value with a text appended to every text in it, but for what the program itself writes: types, times, names that are DNS labels. */
export function poisoned<T>(value: T, kept: ReadonlySet<string>, poison: string = HOSTILE): T {
  return poison_(value, kept, poison) as T;
}

function poison_(value: unknown, kept: ReadonlySet<string>, poison: string): unknown {
  if (typeof value === 'string') return value + poison;
  if (Array.isArray(value)) return value.map((item) => poison_(item, kept, poison));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) =>
      kept.has(key) ? [key, child] : [`${key}`, poison_(child, kept, poison)],
    ),
  );
}

const ESC = '\u001b';
const STYLE = new RegExp(`${ESC}\\[(?:0|1|2|22|3[1-6]|39)m`, 'g');

/** The text without the colours that our own painter uses; whatever else a stranger wrote stays in it. */
export function withoutStyles(text: string): string {
  return text.replaceAll(STYLE, '');
}
