import { isStrong, MASK } from './value-shapes.ts';

/** What a line of a log in a diagnosis begins with: the time, the container. */
const HEAD = String.raw`\d{4}-\S{6,40} \[[\w.-]{1,63}\] `;
const STAMP = new RegExp(`^${HEAD}`);
/** A line may be stamped or not. */
const STAMPED = `(?:${HEAD})?`;

interface Line {
  /** Where it begins, without its stamp; where its text begins; where it ends, without the line end. */
  readonly from: number;
  readonly text: number;
  readonly to: number;
}

function lineAt(text: string, from: number): Line {
  const end = text.indexOf('\n', from);
  const to = end < 0 ? text.length : end;
  const stamp = STAMP.exec(text.slice(from, Math.min(to, from + 120)))?.[0].length ?? 0;
  return { from, text: from + stamp, to };
}

/** Lines of a private key at most; and what may stand among them. */
const KEY_LINES = 400;
const OF_KEY = /^\s*(?:[A-Za-z0-9+/=]{1,512}|(?:Proc-Type|DEK-Info):.{1,80})?\s*$/;
const BEGIN = /-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----/g;
const LONGEST_KEY = 32 * 1024;

/** Private keys in PEM, whole, or cut at either end. */
export function maskKeys(text: string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  let masked = '';
  let done = 0;
  const without = new Set<string>();
  for (const found of text.matchAll(BEGIN)) {
    const [head, kind = ''] = found;
    const after = found.index + head.length;
    if (found.index < done || text.startsWith(` ${MASK}`, after)) continue;
    const tail = `-----END ${kind}-----`;
    const end = without.has(kind) ? -1 : text.indexOf(tail, after);
    if (end < 0) without.add(kind);
    masked += `${text.slice(done, after)} ${MASK}`;
    done = end >= 0 && end - after <= LONGEST_KEY ? end + tail.length : endOfCut(text, after);
  }
  return maskTail(masked + text.slice(done));
}

/** Of a key without its end: the rest of its line, and the lines that look like it. */
function endOfCut(text: string, after: number): number {
  const rest = /[A-Za-z0-9+/=\\]*/y;
  rest.lastIndex = after;
  let to = after + (rest.exec(text)?.[0].length ?? 0);
  for (let count = 0; count < KEY_LINES && text[to] === '\n'; count += 1) {
    const line = lineAt(text, to + 1);
    if (line.to - line.text > 600 || !OF_KEY.test(text.slice(line.text, line.to))) break;
    to = line.to;
  }
  return to;
}

/** Of a key without its beginning: the long lines of base64 before its end, and the short one behind them. */
const TAIL = new RegExp(
  String.raw`(?:^${STAMPED}[A-Za-z0-9+/=]{40,512}\r?\n){1,400}(?:^${STAMPED}[A-Za-z0-9+/=]{1,80}\r?\n)?(?=.{0,120}-----END [A-Z ]{0,40}PRIVATE KEY-----)`,
  'gm',
);

function maskTail(text: string): string {
  return text.includes('-----END ') ? text.replace(TAIL, `${MASK}\n`) : text;
}

/** `token: |` in YAML. */
const BLOCK = new RegExp(
  String.raw`^${STAMPED}([ -]{0,80})["']?([\w.-]{1,80})["']?:[ \t]{1,8}[|>][-+\d]{0,2}[ \t]{0,8}$`,
  'gm',
);
const SECRET =
  /(?:token|password|passwd|passphrase|secret|key|key-data|credentials?|dockerconfigjson|[_-](?:pat|pass|pwd))$/i;

/** Values that YAML writes on the lines below their name; where a line ends less deep, the value does. */
export function maskBlocks(text: string): string {
  if (!text.includes('\n')) return text;
  let masked = '';
  let done = 0;
  for (const found of text.matchAll(BLOCK)) {
    if (found.index < done || !SECRET.test(found[2] ?? '')) continue;
    const depth = found[1]?.length ?? 0;
    const head = found.index + found[0].length;
    let to = head;
    let shown = '';
    while (text[to] === '\n') {
      const line = lineAt(text, to + 1);
      const words = text.slice(line.text, Math.min(line.to, line.text + 200));
      const indent = words.search(/\S/);
      if (indent >= 0 && indent <= depth) break;
      if (shown === '' && indent >= 0) shown = `\n${text.slice(line.from, line.text)}${words.slice(0, indent)}${MASK}`;
      to = line.to;
    }
    if (shown === '') continue;
    masked += text.slice(done, head) + shown;
    done = to;
  }
  return masked + text.slice(done);
}

const NETRC = new RegExp(String.raw`^(${STAMPED}\s{0,40}password\s{1,8})(\S{4,200})\s*$`, 'gm');

/** Passwords of `.netrc`, where no login stands before them in the same line. */
export function maskNetrc(text: string): string {
  return text.replace(NETRC, (whole, before: string, value: string) => (isStrong(value) ? `${before}${MASK}` : whole));
}
