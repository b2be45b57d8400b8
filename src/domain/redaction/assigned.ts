import { isNumber, isStrong, isValue, MASK } from './value-shapes.ts';

/**
 * `NAME=value`, `name: value`, `'name': 'value'`, `name("value")` where the name says that the value is a secret. The end of a
 * value is found by hand: in quotes it goes to the quote that ends it, also where JSON stands within JSON.
 */
const ASSIGNMENT =
  /(token|password|passwd|passphrase|secret|credentials?|(?:api|access|secret|private|encryption|signing|ssh|account|license)[_-]?key|shared[_-]?access[_-]?(?:key|signature)|key-data|dockerconfigjson|(?<=[_-])(?:pat|pass|pwd)|(?<![\w-])(?:pwd|key)|_(?:key|auth)|(?<=["'])auth)(\\*["']?\]?)([ \t]{0,40}(?::=|=>|={1,2}|:)[ \t]{0,40}|[ \t]{1,40}(?=\\*["']))/gi;

/** Tokens that a model reads, or that somebody counts. */
const OF_MODELS =
  /(?:^|[^a-z])(?:pad|eos|bos|unk|mask|cls|sep|stop|begin|start|end|image|video|audio|vision|special|next|last|first|previous|per|chat|tool|prompt|response|unexpected|expected|illegal|unknown|each|every|new|add|added|this|system|user|assistant)[ _-]?$/i;
/** Keys that open nothing. */
const OF_TABLES =
  /(?:cache|reuse|public|primary|foreign|partition|sort|group|join|object|idempotency|lookup|hash|content|commit|metric|index|shard|map)[ _-]?$/i;
/** Longest name that counts. */
const BEFORE = 40;

/** The text without values that stand under the name of a secret. */
export function maskAssigned(text: string): string {
  let masked = '';
  let done = 0;
  for (const found of text.matchAll(ASSIGNMENT)) {
    const at = found.index;
    const [whole, name = '', , divider = ''] = found;
    if (at < done) continue;
    const before = text.slice(Math.max(0, at - BEFORE), at);
    const start = at + whole.length;
    const bare = divider === '=' && /^[A-Z_]+$/.test(name) ? BARE_OF_ENVIRONMENT : BARE;
    const value = valueAt(text.slice(start, start + LONGEST), bare);
    if (!isSecret({ name: name.toLowerCase(), before, spaced: divider.trim() === '' }, value.text)) continue;
    masked += text.slice(done, start + value.from) + MASK;
    done = value.quoted ? start + value.from + value.text.length : endOf(text, start + value.from, bare);
  }
  return masked + text.slice(done);
}

interface Named {
  readonly name: string;
  readonly before: string;
  /** Nothing but space stands between the name and a quote. */
  readonly spaced: boolean;
}

interface Value {
  /** Of a long one its beginning. */
  readonly text: string;
  readonly from: number;
  readonly quoted: boolean;
}

function isSecret({ name, before, spaced }: Named, text: string): boolean {
  if (!isValue(text)) return false;
  switch (name) {
    case 'token':
      return !OF_MODELS.test(before) && !isNumber(text) && (!spaced || isStrong(text));
    case 'secret':
      // Kubernetes says `secret "hub-token" not found`.
      return !spaced;
    case 'credential':
    case 'credentials':
      return !spaced && (isStrong(text) || text.length >= 20);
    case 'pwd':
      return !/^[/~]|^[A-Z]:\\/.test(text);
    case 'pass':
      return !isNumber(text);
    case 'key':
      // Weights & Biases give 40 hexadecimal digits, as git does.
      return !OF_TABLES.test(before) && /^[0-9a-f]{40}$/.test(text);
    case '_key':
      return !OF_TABLES.test(before) && !spaced && text.length >= 12 && isStrong(text);
    case '_auth':
    case 'auth':
      return Buffer.from(text, 'base64').toString('latin1').includes(':') && /^[\w+/]+={0,2}$/.test(text);
    default:
      return true;
  }
}

/** What may stand before a quote: a call, the prefix of a text in Python. */
const OPENING = /(?:[A-Za-z_][\w.]{0,40}\([ \t]{0,4})?[bru]{0,2}(\\*["'])/iy;
/** In a list of assignments a comma ends a value; in an environment it does not. */
const BARE = /(?:[^\s"'\\,;}{[\]]|\\(?!["']))+/y;
const BARE_OF_ENVIRONMENT = /(?:[^\s"'\\]|\\(?!["']))+/y;
/** Longest value in quotes. */
const LONGEST = 4096;
/** So much of a value tells what it is. */
const JUDGED = 160;

/** `<your token>` */
const PLACE = /^["']?<[^<>\n]{0,80}>/;

function valueAt(text: string, bare: RegExp): Value {
  if (PLACE.test(text)) return { text: '', from: 0, quoted: false };
  OPENING.lastIndex = 0;
  const opening = OPENING.exec(text);
  const from = opening === null ? 0 : opening[0].length;
  const end = opening === null ? undefined : closing(text, from, opening[1] ?? '');
  if (end !== undefined) return { text: text.slice(from, end), from, quoted: true };
  const beginning = text.slice(from, from + JUDGED);
  return { text: beginning.slice(0, endOf(beginning, 0, bare)), from, quoted: false };
}

/** Where a value without quotes ends; brackets that close a call are no part of it. */
function endOf(text: string, from: number, bare: RegExp): number {
  bare.lastIndex = from;
  const found = bare.exec(text)?.[0] ?? '';
  return from + (found.includes('(') ? found : found.replace(/\)+[.:]?$/, '')).length;
}

/** Where the quote ends that was opened, within its line; one more backslash before it makes it part of the text. */
function closing(text: string, from: number, quote: string): number | undefined {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (at > from && text[at - 1] === '\\') continue;
    return text.slice(from, at).includes('\n') ? undefined : at;
  }
  return undefined;
}
