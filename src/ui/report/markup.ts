import { sanitize } from '../text/sanitize.ts';

/** HTML that is safe to write: made by `html` only, so whatever strangers wrote in it is escaped. */
export class Markup {
  readonly text: string;

  /** For texts of ours: style sheets, and what was put together from other markup. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped, markup is not, `undefined` and `false` are nothing. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

/** HTML with values in it; attributes that hold a value must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, index) => `${text}${write(values[index - 1])}${part}`));
}

function write(value: Content): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? escapeText(value) : value.map(write).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML and SVG show it, also within a quoted attribute; controls and what reorders text are spelt out. */
export function escapeText(text: string): string {
  const lines = text.split('\n').map((line) => sanitize(line));
  return lines.join('\n').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
