import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TransferFault } from './fault.ts';
import { Intake } from './intake.ts';

/** Unpacks a gzipped pack that was cut into pieces; done already is done. */
export async function unpackPieces(root: string, hex: string, pieces: string): Promise<void> {
  const intake = await Intake.open(root, hex);
  try {
    if (intake.state.kind === 'present') return;
    // What an earlier try left is passed over: the pack comes from its beginning.
    let skip = intake.state.offset;
    await pipeline(piecesIn(pieces), createGunzip(), async (bytes: AsyncIterable<Buffer>) => {
      for await (const part of bytes) {
        const rest = part.subarray(Math.min(skip, part.length));
        skip -= part.length - rest.length;
        if (rest.length > 0) await intake.write(rest);
      }
    });
    if (stateOf(intake) !== 'present') throw new TransferFault('wrong-data', 'the pieces end before the pack does');
  } finally {
    await intake.close();
  }
}

/** A function, so that the compiler does not take it for what it was before. */
function stateOf(intake: Intake): string {
  return intake.state.kind;
}

async function* piecesIn(folder: string): AsyncIterable<Buffer> {
  // The kubelet keeps what it mounted last in `..data`.
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  for (const name of names) yield* createReadStream(join(folder, name)) as AsyncIterable<Buffer>;
}
