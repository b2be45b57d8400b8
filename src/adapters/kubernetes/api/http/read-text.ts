import type { IncomingMessage } from 'node:http';
import { networkError } from './network-error.ts';

/** The whole body. Throws `NetworkError` when it breaks off, or is longer than `most` bytes. */
export async function readText(body: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most) throw new Error(`the answer is longer than ${most} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkError(error, 'answering');
  }
  return Buffer.concat(chunks).toString('utf8');
}
