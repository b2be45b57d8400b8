import type { Explanation } from '../../../domain/explain/explanation.ts';
import { isJsonObject, type Json } from '../../../domain/json.ts';
import { oneLine, type TextOptions } from '../sanitize.ts';
import { table } from '../table.ts';
import { wrapTo } from '../text-width.ts';
import type { DocumentOptions } from './status-text.ts';

/** What `explain` prints: what it is, what holds and from where, who gave what. No newline at the end. */
export function explanationText(of: Explanation, options: DocumentOptions = {}): string {
  const blocks = [heading(of, options), facts(of, options), layers(of, options), children(of, options)];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function heading({ path, title, description }: Explanation, options: DocumentOptions): string {
  const first = title === undefined ? path : `${path}: ${title}`;
  return [oneLine(first, options), ...(description === undefined ? [] : [oneLine(description, options)])]
    .flatMap((line) => (options.width === undefined ? [line] : wrapTo(line, options.width)))
    .join('\n');
}

/** `Name:  what`, aligned; what is long goes on below itself. */
function facts(of: Explanation, options: DocumentOptions): string {
  const isObject = of.children.length > 0;
  const all: readonly (readonly [string, string | undefined])[] = [
    ['Type', [of.type, ...limitWords(of.limits)].join(', ')],
    ['Unit', of.unit],
    ['One of', of.enum?.map(shown).join(', ')],
    ['Built in', of.builtin?.join(', ')],
    ['For example', of.examples?.map(shown).join(', ')],
    [
      'Default',
      isObject
        ? undefined
        : of.default !== undefined
          ? shown(of.default)
          : of.required
            ? 'none: it must have a value'
            : 'none',
    ],
    ['Value', isObject ? undefined : of.value === undefined ? 'none' : shown(of.value)],
    ['From', of.origin],
    ['Wrong', of.fault],
    ['Read by', of.readBy.length > 0 ? of.readBy.join(', ') : of.block === 'params' ? 'no stage' : undefined],
    ['Pipeline', of.profile === undefined ? of.pipeline : `${of.pipeline}, profile ${of.profile}`],
    // The first of them that says something holds.
    ...(isObject ? [] : of.overriddenBy.toReversed()).map(
      (way, index) => [index === 0 ? 'To change' : '', way] as const,
    ),
  ];
  const present = all.flatMap(([name, text]) =>
    text === undefined ? [] : [[name === '' ? '' : `${name}:`, oneLine(text, options)] as const],
  );
  const width = Math.max(...present.map(([name]) => name.length)) + 2;
  const room = options.width === undefined ? undefined : Math.max(20, options.width - width);
  return present
    .flatMap(([name, text]) => {
      const lines = room === undefined ? [text] : wrapTo(text, room);
      return lines.map((line, index) => `${(index === 0 ? name : '').padEnd(width)}${line}`);
    })
    .join('\n');
}

const WORDS: Readonly<Record<string, (value: string) => string>> = {
  minimum: (value) => `at least ${value}`,
  exclusiveMinimum: (value) => `more than ${value}`,
  maximum: (value) => `at most ${value}`,
  exclusiveMaximum: (value) => `less than ${value}`,
  multipleOf: (value) => `a multiple of ${value}`,
  const: (value) => `always ${value}`,
  minLength: (value) => (value === '1' ? 'not empty' : `at least ${value} characters`),
  maxLength: (value) => `at most ${value} characters`,
  pattern: (value) => `matching ${value}`,
  minItems: (value) => (value === '1' ? 'not empty' : `at least ${value} items`),
  maxItems: (value) => `at most ${value} items`,
  uniqueItems: () => 'no item twice',
};

function limitWords(limits: Explanation['limits']): readonly string[] {
  return Object.entries(limits).flatMap(([keyword, value]) => WORDS[keyword]?.(shown(value)) ?? []);
}

/** From the lowest to the highest: the last one without a successor holds. */
function layers({ layers: given }: Explanation, options: DocumentOptions): string {
  if (given.length < 2) return '';
  const rows = given.map(({ layer, origin, value, holds }) => [
    layer,
    holds ? 'holds' : 'overridden',
    oneLine(value === null ? 'taken back' : shown(value), options),
    oneLine(origin, options),
  ]);
  return table(['LAYER', 'STATE', 'VALUE', 'FROM'], rows, options);
}

function children({ children: inside }: Explanation, options: DocumentOptions): string {
  if (inside.length === 0) return '';
  const rows = inside.map(({ path, type, title, value }) => [
    oneLine(path, options),
    oneLine(type, options),
    briefly(value, options),
    oneLine(title ?? '', options),
  ]);
  return table(['INSIDE', 'TYPE', 'VALUE', 'MEANING'], rows, options);
}

const BRIEF = 40;

/** Whole values of objects and long lists are seen with a line of their own. */
function briefly(value: Json | undefined, options: TextOptions): string {
  if (value === undefined) return '';
  const text = oneLine(shown(value), options);
  return text.length <= BRIEF ? text : '...';
}

function shown(value: Json): string {
  // A reference to a secret, as it is typed.
  if (isJsonObject(value) && Object.keys(value).length === 2 && typeof value['key'] === 'string') {
    const { name, key } = value;
    if (name === 'env' || name === 'file') return `${name}:${key}`;
    if (typeof name === 'string') return `${name}/${key}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
