import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { written } from '../../contract/model-publisher-contract.ts';
import type { FaultInput } from '../../huggingface/faults.ts';
import { ADA } from '../../huggingface/hub-of.ts';
import { openPublisher as open, REPO } from '../../huggingface/publisher-room.ts';

const signal = new AbortController().signal;
const ignore = () => undefined;
const REFUSED = { name: 'UserError', code: 'bad-input' };

test('a large file goes on after each kind of fault, and is counted once', async (context) => {
  const limits = { multipart: 500_000, part: 300_000 };
  const { hub, folder, publisher, request, said } = await open(context, { limits, answerSeconds: 1 });
  const files = [
    await written({ folder }, 'parts.safetensors', randomBytes(1_000_000)),
    await written({ folder }, 'whole.safetensors', randomBytes(400_000)),
  ];
  const faults: readonly FaultInput[] = [
    { kind: 'cut-upload', bytes: 100_000 },
    { kind: 'cut', isDone: true },
    { kind: 'status', status: 500 },
    { kind: 'hang' },
  ];
  for (const fault of faults) hub.faults.add({ match: 'PUT ', fault });
  for (const match of ['/preupload/', '/batch', '/complete_multipart/'])
    hub.faults.add({ match, fault: { kind: 'cut' } });
  const sent: number[] = [];
  const done = await publisher.commit({ ...request, uploads: files }, (bytes) => sent.push(bytes), signal);
  expect(done).toMatchObject({ kind: 'committed' });
  expect(sent.at(-1)).toBe(1_400_000);
  expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  expect(said.length).toBeGreaterThan(0);
  const there = await Array.fromAsync(publisher.files(REPO, 'main', signal));
  for (const { path, size, sha256 } of files) expect(there).toContainEqual({ path, size, sha256 });
});

test('what had arrived when a publisher ended is not sent by the next one', async (context) => {
  const { hub, folder, as, publisher, request } = await open(context, { answerSeconds: 600 });
  const first = await written({ folder }, 'a.safetensors', randomBytes(300_000));
  const second = await written({ folder }, 'b.safetensors', randomBytes(400_000));
  const whole = { ...request, uploads: [first, second] };
  hub.faults.add({ match: `PUT .*${second.sha256}`, fault: { kind: 'hang' } });
  const stop = new AbortController();
  const ended = expect(publisher.commit(whole, ignore, stop.signal)).rejects.toThrow('killed');
  await expect.poll(() => hub.state.hasObject(first.sha256)).toBe(true);
  await expect.poll(() => hub.asked.filter((line) => line.startsWith('PUT')).length).toBe(2);
  stop.abort(new Error('killed'));
  await ended;
  hub.asked.length = 0;
  const sent: number[] = [];
  expect(await as(ADA).commit(whole, (bytes) => sent.push(bytes), signal)).toMatchObject({ kind: 'committed' });
  expect(hub.asked.filter((line) => line.startsWith('PUT'))).toEqual([`PUT /_storage/${second.sha256}`]);
  expect(sent.at(-1)).toBe(400_000);
});

test('nothing reads the files of an upload that was ended', async (context) => {
  const { hub, folder, publisher, request } = await open(context, { answerSeconds: 600 });
  const uploads = [
    await written({ folder }, 'a.safetensors', Buffer.alloc(40_000_000, 'a')),
    await written({ folder }, 'b.safetensors', Buffer.alloc(40_000_000, 'b')),
  ];
  const paths = uploads.map(({ file }) => file);
  hub.faults.add({ match: 'PUT ', fault: { kind: 'hang' }, times: 2 });
  const stop = new AbortController();
  const ended = expect(publisher.commit({ ...request, uploads }, ignore, stop.signal)).rejects.toThrow('killed');
  await expect.poll(() => hub.asked.filter((line) => line.startsWith('PUT')).length).toBe(2);
  await expect.poll(opened).toEqual(expect.arrayContaining(paths));
  stop.abort(new Error('killed'));
  await ended;
  expect(opened().filter((path) => paths.includes(path))).toEqual([]);
});

test('what was read of a file for an upload that was lost does not count', async (context) => {
  const { hub, folder, publisher, request, said } = await open(context, { answerSeconds: 2 });
  const upload = await written({ folder }, 'a.safetensors', Buffer.alloc(12_000_000, 'once'));
  hub.faults.add({ match: 'PUT ', fault: { kind: 'hang' } });
  const sent: number[] = [];
  await publisher.commit({ ...request, uploads: [upload] }, (bytes) => sent.push(bytes), signal);
  expect(said.length).toBeGreaterThan(0);
  expect(sent.at(-1)).toBe(12_000_000);
});

test('an upload may take longer than an answer, as long as it goes on', async (context) => {
  const { hub, folder, publisher, request, said } = await open(context, { answerSeconds: 2 });
  const upload = await written({ folder }, 'a.safetensors', Buffer.alloc(40_000_000, 'slow'));
  const fault = { kind: 'slow-upload', bytes: 3_000_000, pauses: 12, seconds: 0.25 } as const;
  hub.faults.add({ match: 'PUT ', fault });
  expect(await publisher.commit({ ...request, uploads: [upload] }, ignore, signal)).toMatchObject({
    kind: 'committed',
  });
  expect(said).toEqual([]);
});

test('an address of the storage that has expired is asked for anew', async (context) => {
  const { hub, folder, publisher, request } = await open(context);
  const uploads = [
    await written({ folder }, 'a.safetensors', randomBytes(100_000)),
    await written({ folder }, 'b.safetensors', randomBytes(100_000)),
  ];
  hub.faults.add({ match: 'PUT ', fault: { kind: 'status', status: 403, error: 'Request has expired' }, after: 1 });
  expect(await publisher.commit({ ...request, uploads }, ignore, signal)).toMatchObject({ kind: 'committed' });
  expect(hub.asked.filter((line) => line.endsWith('/batch'))).toHaveLength(2);
  expect(hub.asked.filter((line) => line.startsWith('POST') && line.includes('/commit/'))).toHaveLength(1);
});

test('a storage that goes on refusing is not asked for ever, and what it says is not shown', async (context) => {
  const { hub, folder, publisher, request } = await open(context);
  const uploads = [await written({ folder }, 'a.safetensors', randomBytes(1000))];
  hub.faults.add({ match: 'PUT ', fault: { kind: 'status', status: 403, error: 'signed by KEY' }, times: 9 });
  const refused = publisher.commit({ ...request, uploads }, ignore, signal);
  const message = expect.stringMatching(
    /^an address that 127\.0\.0\.1:\d+ gave answered 403: what belongs to ada\/model/,
  );
  await expect(refused).rejects.toMatchObject({ code: 'unreachable', message });
  expect(hub.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(3);
});

test('a file that is written to while it is sent never arrives, and nothing is committed', async (context) => {
  const limits = { multipart: 500_000, part: 300_000 };
  for (const size of [400_000, 1_000_000]) {
    const { hub, folder, publisher, request, commits } = await open(context, { limits, answerSeconds: 1 });
    const upload = await written({ folder }, 'a.safetensors', randomBytes(size));
    hub.faults.add({ match: '/batch', fault: { kind: 'hang' } });
    hub.faults.onHang = () => writeFileSync(upload.file, randomBytes(size));
    const committed = publisher.commit({ ...request, uploads: [upload] }, ignore, signal);
    const refused = expect(committed).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining(upload.file),
    });
    await refused;
    expect(hub.state.hasObject(upload.sha256)).toBe(false);
    expect(hub.asked.filter((line) => /complete_multipart|\/commit\//.test(line))).toEqual([]);
    expect(await commits()).toBe(1);
  }
});

test('a file that is not there is refused before anything is asked', async (context) => {
  const { hub, folder, publisher, request } = await open(context);
  const upload = await written({ folder }, 'a.safetensors', randomBytes(10));
  await rm(upload.file);
  const refused = publisher.commit({ ...request, uploads: [upload] }, ignore, signal);
  await expect(refused).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/cannot be read \(ENOENT\)$/),
  });
  expect(hub.asked).toEqual([]);
});

test.each([0, 1, 6])('a file that is too large for the hub is named, with %i others', async (others) => {
  const { folder, publisher, request, commits } = await open({ onTestFinished }, { limits: { file: 1000 } });
  const uploads = [await written({ folder }, 'huge.safetensors', randomBytes(2000))];
  for (let number = 1; number <= others; number += 1)
    uploads.push(await written({ folder }, `${number}.safetensors`, randomBytes(500 + number)));
  await expect(publisher.commit({ ...request, uploads }, ignore, signal)).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/huge\.safetensors.*larger than 1000 bytes/),
  });
  expect(await commits()).toBe(1);
});

test('more files than are asked for at once arrive', async (context) => {
  const { folder, publisher, request } = await open(context);
  const uploads = await Promise.all(
    Array.from({ length: 120 }, (_, number) =>
      written({ folder }, `${number}.safetensors`, randomBytes(1000 + number)),
    ),
  );
  const sent: number[] = [];
  await publisher.commit({ ...request, uploads }, (bytes) => sent.push(bytes), signal);
  expect(sent.at(-1)).toBe(uploads.reduce((sum, { size }) => sum + size, 0));
  const there = await Array.fromAsync(publisher.files(REPO, 'main', signal));
  for (const { path, size, sha256 } of uploads) expect(there).toContainEqual({ path, size, sha256 });
});

test('an empty file goes with the commit, which the storage of large files would not take', async (context) => {
  const { folder, publisher, request } = await open(context);
  const uploads = [await written({ folder }, 'empty.bin', Buffer.alloc(0))];
  expect(await publisher.commit({ ...request, uploads }, ignore, signal)).toMatchObject({ kind: 'committed' });
  expect(await Array.fromAsync(publisher.files(REPO, 'main', signal))).toContainEqual({ path: 'empty.bin', size: 0 });
});

/** The files that this process has open. */
function opened(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return []; // the folder itself
    }
  });
}
