/** A piece of a scalar: text as it stands, or the source of an expression. `start` counts from the scalar's value. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly text: string; readonly start: number };

/** The pieces of a scalar; with `unclosed`, those before the fault. */
export interface Interpolation {
  readonly parts: readonly Part[];
  /** Where a `${` begins that has no closing brace, and whether a text inside it has no closing quote. */
  readonly unclosed?: { readonly at: number; readonly quote: boolean };
}

/** Splits a scalar's value at its `${ }`; `$${` gives the text `${`. */
export function splitExpressions(value: string): Interpolation {
  const parts: Part[] = [];
  let text = '';
  let at = 0;
  while (at < value.length) {
    const dollar = value.indexOf('$', at);
    if (dollar === -1) break;
    text += value.slice(at, dollar);
    if (value.startsWith('$${', dollar)) {
      text += '${';
      at = dollar + 3;
    } else if (value.startsWith('${', dollar)) {
      const close = closingBrace(value, dollar + 2);
      if (close < 0) return { parts, unclosed: { at: dollar, quote: close === OPEN_QUOTE } };
      if (text !== '') parts.push({ kind: 'text', text });
      text = '';
      parts.push({ kind: 'expression', text: value.slice(dollar + 2, close), start: dollar + 2 });
      at = close + 1;
    } else {
      text += '$';
      at = dollar + 1;
    }
  }
  text += value.slice(at);
  if (text !== '') parts.push({ kind: 'text', text });
  return { parts };
}

const OPEN_BRACE = -1;
const OPEN_QUOTE = -2;

/** The offset of the `}` that ends an expression, or what is left open; braces of map literals and inside strings do not count. */
function closingBrace(value: string, from: number): number {
  let depth = 0;
  for (let at = from; at < value.length; at++) {
    const char = value[at];
    if (char === '"' || char === "'") {
      const end = endOfString(value, at);
      if (end === -1) return OPEN_QUOTE;
      at = end - 1;
    } else if (char === '{') {
      depth++;
    } else if (char === '}') {
      if (depth === 0) return at;
      depth--;
    }
  }
  return OPEN_BRACE;
}

/** The offset after the closing quote of the CEL string that opens at `open`; -1 when it has none. */
function endOfString(value: string, open: number): number {
  const quote = value[open] as string;
  const triple = quote.repeat(3);
  const delimiter = value.startsWith(triple, open) ? triple : quote;
  for (let at = open + delimiter.length; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value.startsWith(delimiter, at)) return at + delimiter.length;
  }
  return -1;
}
