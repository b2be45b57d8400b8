import type { ByteStream } from '../api/kube-api.ts';
import { FAULT_CODES, type FaultCode, HEADER } from './wire.ts';

const WORDS_MAX = 4096;
const OK = 200;
const PARTIAL = 206;

/** Nothing came from our pod: no answer, a cut one, or somebody else's. Worth trying again. */
export class PodAway extends Error {
  override readonly name = 'PodAway';
}

/** What our pod refuses. */
export class PodFault extends Error {
  override readonly name = 'PodFault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An answer of our pod whose body may be read; reading it throws `PodAway` when it is cut. */
export interface PodAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Throws `PodFault` for a refusal, `PodAway` for what our pod has not said. */
export async function judgeAnswer(stream: ByteStream): Promise<PodAnswer> {
  const code = stream.headers[HEADER.answer];
  const body = cutAsAway(stream.body);
  if (code === undefined || (stream.status !== OK && stream.status !== PARTIAL)) {
    const words = await textOf(body, WORDS_MAX).catch(() => '');
    throw new PodAway(`it answers ${stream.status} ${words.replaceAll(/\s+/g, ' ').slice(0, 200)}`.trim());
  }
  if (code === 'ok') return { headers: stream.headers, body };
  throw new PodFault(FAULT_CODES.find((known) => known === code) ?? 'broken', await textOf(body, WORDS_MAX));
}

/** All of a small answer. */
export async function textOf(body: AsyncIterable<Uint8Array>, max: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size > max) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, max);
}

/** The lines of a listing as they come (`answerLines` of the server); a stream without its last line was cut. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of body) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') return;
      if (line.startsWith('!')) throw faultIn(line);
      if (!line.startsWith('#')) yield line;
    }
  }
  throw new PodAway('the answer was cut');
}

/** `! code message`: what went wrong after the answer had begun. */
function faultIn(line: string): PodFault {
  const [, code, message = ''] = /^! ([a-z-]+) (.*)$/.exec(line) ?? [];
  return new PodFault(FAULT_CODES.find((known) => known === code) ?? 'broken', message);
}

async function* cutAsAway(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw new PodAway(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
