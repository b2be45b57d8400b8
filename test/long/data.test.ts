import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskDownloadFolder } from '../../src/adapters/files/disk-download-folder.ts';
import { digestOfListing, parseListing } from '../../src/domain/data/digest.ts';
import type { AttemptRef } from '../../src/ports/target.ts';
import { DataWorld, never, type PinnedFolder } from '../adapters/kubernetes/data/data-world.ts';

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;
/** Every so many requests something happens to one. */
const RARELY = 23;

/** Bytes that no two places of a file share, made fast. */
async function writeLarge(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  for (let at = 0; at < size; at += MIB) {
    const block = Buffer.alloc(MIB, createHash('sha256').update(String(at)).digest());
    await file.write(block, 0, MIB, at);
  }
  await file.close();
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

test('1 GiB goes in and comes out whole through cuts, lost answers and killed pods', async () => {
  const world = new DataWorld();
  try {
    mkdirSync(world.folder);
    await writeLarge(join(world.folder, 'weights.bin'), SIZE);
    writeFileSync(join(world.folder, 'z-config.json'), '{}');
    let asked = 0;
    let sent = 0;
    world.kubelet.network = ({ method, body }) => {
      asked += 1;
      if (method === 'POST' && body instanceof Uint8Array) sent += body.length;
      if (asked % (5 * RARELY) === 0) void world.kubelet.killAll();
      if (asked % RARELY !== 0) return {};
      return method === 'POST' ? { loseAnswer: asked % 2 === 0, loseRequest: asked % 2 === 1 } : { cutAfter: 30 * MIB };
    };
    const sources = world.sources();
    const source = (await sources.pin(world.request(), never)) as PinnedFolder;
    await sources.place(source, world.request(), { pod: {}, signal: never });
    const wanted = await sha256(join(world.folder, 'weights.bin'));
    expect(await sha256(join(world.root, source.subPath, 'weights.bin'))).toBe(wanted);
    expect(world.kubelet.started).toBeGreaterThan(1);
    // What was cut is not sent again: a lost chunk each time something happened, and no more.
    expect(sent).toBeLessThan(SIZE * 1.2);

    const ref = { run: 'weekly', stage: 'train', attempt: 1 } as AttemptRef;
    const outputs = join(world.root, 'runs/weekly/train/1');
    mkdirSync(outputs, { recursive: true });
    await writeLarge(join(outputs, 'weights.bin'), SIZE);
    let reads = 0;
    let killed = 0;
    world.kubelet.network = ({ path }) => {
      if (path !== '/v1/file') return {};
      reads += 1;
      return { cutAfter: 60 * MIB + reads * 1000 };
    };
    const store = world.artifacts();
    const listing = await store.listing(ref, 'weights.bin', never);
    const [entry] = parseListing(listing) ?? [];
    if (entry === undefined) throw new Error('no listing');
    expect(digestOfListing(listing)).toMatch(/^sha256:/);
    const folder = diskDownloadFolder(join(world.top, 'into'));
    const bytes = async function* (from: number): AsyncIterable<Uint8Array> {
      for await (const part of store.read(ref, 'weights.bin', from, never)) {
        yield part;
        if (reads % 6 === 0 && killed < reads) {
          killed = reads;
          await world.kubelet.killAll();
        }
      }
    };
    expect(await folder.receive(entry, bytes)).toBe('done');
    expect(await sha256(join(world.top, 'into/weights.bin'))).toBe(wanted);
    expect(reads).toBeGreaterThan(15);
    await store.release();
  } finally {
    await world.close();
    rmSync(world.top, { recursive: true, force: true });
  }
});
