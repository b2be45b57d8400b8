import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readConnection } from '../../../../src/adapters/kubernetes/logs/connection.ts';
import { InstanceLog } from '../../../../src/adapters/kubernetes/logs/instance-log.ts';
import { LineMask } from '../../../../src/adapters/kubernetes/logs/lines/line-mask.ts';
import { KubeletModel, type ModelOptions, type Random, randomFrom, writeLines } from './kubelet-model.ts';
import { GAP, type Stored, windowAndProof } from './methods.ts';

/*
 * Lines that simply follow the one before are taken without being looked at one by one. What is stored has to be what the slow way
 * stores, however the bytes come.
 */

/** The ways of a log that are looked at, and what the model is told for them. */
export const WAYS: readonly (readonly [string, ModelOptions])[] = [
  ['is cut', { cuts: 'at any byte' }],
  ['is cut and rotated', { cuts: 'at any byte', keeps: 15 }],
  ['begins files anew', { cuts: 'at any byte', rereads: 0.5 }],
];

/** Fails unless `runs` containers are stored alike in both ways. */
export async function expectStoredAlike(options: ModelOptions, runs: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'ilab-logs-'));
  try {
    for (let nth = 0; nth < runs; nth += 1) {
      const lines = writeLines(randomFrom(nth), 120, { mayRepeat: options.keeps === undefined });
      const slow = windowAndProof(new KubeletModel(lines, randomFrom(nth), options));
      const path = join(root, `${nth}.log`);
      const quick = await followed(new KubeletModel(lines, randomFrom(nth), options), randomFrom(nth + 1000), path);
      expect({ nth, ...told(quick) }).toEqual({ nth, ...told(slow) });
    }
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Follows a container with the real reader; what its file holds in the end. */
async function followed(kubelet: KubeletModel, random: Random, path: string): Promise<Stored> {
  const { signal } = new AbortController();
  const log = await InstanceLog.open(path, { mask: new LineMask(), signal });
  for (let isOver = false; !isOver; ) {
    const { bytes, isWhole } = kubelet.connect(log.since);
    const api = { log: async () => ({ status: 200, headers: {}, body: inPieces(bytes, random) }) };
    const pass = await readConnection(
      {
        ...{ api, pod: 'pod', query: { container: 'main', follow: true }, log },
        ...{ isLineAwaited: () => false, onOpen: () => {}, onLine: () => {}, onChunk: () => {} },
      },
      signal,
    );
    if (pass.isDoubtful) await log.resume();
    isOver = isWhole && !pass.isDoubtful && pass.stored === 0;
  }
  log.close();
  const lines = readFileSync(log.path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => (/^\S+ output N /.test(line) ? GAP : line.replace(/ output F /, ' ')));
}

async function* inPieces(bytes: Buffer, random: Random): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const to = at + 1 + Math.floor(random() ** 2 * 3000);
    yield bytes.subarray(at, to);
    at = to;
  }
}

/** The lines, and the stamps before which some may be missing: one mark tells of all there are. */
function told(stored: Stored) {
  const gaps = stored.flatMap((entry, nth) => (entry === GAP ? [stored[nth + 1]?.split(' ')[0]] : []));
  return { lines: stored.filter((entry) => entry !== GAP), gaps: new Set(gaps) };
}
