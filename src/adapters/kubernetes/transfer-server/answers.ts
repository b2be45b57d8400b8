import { createReadStream } from 'node:fs';
import { constants, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { HEADER } from '../data/wire.ts';
import { asFault, TransferFault } from './fault.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const RANGE = /^bytes=(0|[1-9]\d{0,14})-$/;

/** Whatever went wrong, told as the wire says. */
export function answerFault(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    // Too late for a header: an answer that is cut says so by its length.
    response.destroy();
    return;
  }
  const { code, message } = asFault(error);
  response.writeHead(200, { [HEADER.answer]: code, 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(message);
}

/** A whole answer at once, which says that all went well. */
export function answerJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { [HEADER.answer]: 'ok', 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/**
 * Lines that take their time. They begin at once and end with an empty line, or with `! code message`: without a length, a
 * cut would look like an end.
 */
export async function answerLines(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { [HEADER.answer]: 'ok', 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  await pipeline(withEnd(lines), response);
}

async function* withEnd(lines: AsyncIterable<string>): AsyncIterable<string> {
  try {
    yield* lines;
    yield '\n';
  } catch (error) {
    const { code, message } = asFault(error);
    yield `! ${code} ${message.replaceAll(/\s+/g, ' ')}\n`;
  }
}

/** A regular file, no link, from the byte that `range` begins with. */
export async function answerFile(response: ServerResponse, place: string, range: string | undefined): Promise<void> {
  const from = range === undefined ? 0 : Number(RANGE.exec(range)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new TransferFault('bad-request', `the range ${JSON.stringify(range)} is none`);
  const file = await open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile() || from > stat.size) {
    await file.close();
    throw stat.isFile()
      ? new TransferFault('bad-request', `the file has ${stat.size} bytes`)
      : new TransferFault('no-file', 'what lies there is no file');
  }
  response.writeHead(206, {
    [HEADER.answer]: 'ok',
    'content-type': 'application/octet-stream',
    'content-length': stat.size - from,
    'content-range': `bytes ${from}-${Math.max(from, stat.size - 1)}/${stat.size}`,
  });
  await pipeline(createReadStream('', { fd: file, start: from, end: Math.max(from, stat.size - 1) }), response);
}
