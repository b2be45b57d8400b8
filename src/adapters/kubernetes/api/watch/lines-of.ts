/** The bytes of a stream ended in the middle of a line, or a line had no end: what came last means nothing. */
export class BrokenLine extends Error {
  override readonly name = 'BrokenLine';
}

const NEWLINE = 0x0a;

/** Whole lines without their ends; a line may come in any pieces, cut inside a character too. Throws `BrokenLine`. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      pieces.push(chunk.subarray(from, end));
      yield Buffer.concat(pieces).toString('utf8');
      pieces = [];
      bytes = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    pieces.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > most) throw new BrokenLine(`a line is longer than ${most} bytes`);
  }
  if (bytes > 0) throw new BrokenLine('the last line has no end');
}
