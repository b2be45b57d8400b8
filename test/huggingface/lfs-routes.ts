import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { type Answer, type Exchange, json, jsonOf, ownerOf, type Pace, type Route, repoOf } from './exchange.ts';
import { type HubState, mayWrite } from './hub-state.ts';
import { Refused } from './refused.ts';

const OID = '(?<oid>[0-9a-f]{64})';

/** The large file storage: what git-lfs asks, the parts of Hugging Face's own transfer, and the storage behind both. */
export const LFS_ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/(?<repo>[^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/, answer: batch },
  { method: 'POST', path: new RegExp(`^/api/complete_multipart/${OID}$`), answer: complete },
  { method: 'POST', path: /^\/(?<repo>[^/]+\/[^/]+)\.git\/info\/lfs\/verify$/, answer: verify },
  { method: 'PUT', path: new RegExp(`^/_storage/${OID}(/(?<part>\\d+))?$`), answer: put },
  { method: 'GET', path: new RegExp(`^/_cdn/${OID}$`), answer: download },
  { method: 'HEAD', path: new RegExp(`^/_cdn/${OID}$`), answer: download },
];

const objects = z.object({
  operation: z.literal('upload'),
  transfers: z.array(z.string()).optional(),
  objects: z.array(z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int() })),
});

async function batch(exchange: Exchange): Promise<Answer> {
  const owner = ownerOf(exchange);
  const { state } = exchange;
  const { name } = state.repository(repoOf(exchange), owner);
  if (!mayWrite(owner, name))
    throw new Refused(403, 'Forbidden: you must use a write token to upload to a repository.');
  const asked = objects.parse(await jsonOf(exchange));
  const isInParts = asked.transfers?.includes('multipart') === true;
  // No Xet: whoever offers it is told to take another way.
  return json({
    transfer: isInParts ? 'multipart' : 'basic',
    objects: asked.objects.map(({ oid, size }) => {
      if (size > state.limits.file)
        return { oid, size, error: { code: 422, message: `File is larger than ${state.limits.file} bytes` } };
      if (state.hasObject(oid)) return { oid, size };
      const actions = { upload: uploadOf(exchange, oid, size, isInParts), verify: verifyOf(exchange, name) };
      return { oid, size, authenticated: true, actions };
    }),
  });
}

function uploadOf({ state, url }: Exchange, oid: string, size: number, isInParts: boolean) {
  const signature = `X-Amz-Signature=${randomBytes(16).toString('hex')}`;
  const signed = (path: string) => `${state.storage}${path}?${signature}`;
  const { multipart, part } = state.limits;
  if (!isInParts || size <= multipart) return { href: signed(`/_storage/${oid}`) };
  const numbers = Array.from({ length: Math.ceil(size / part) }, (_, index) => index + 1);
  const parts = numbers.map((number) => [String(number).padStart(5, '0'), signed(`/_storage/${oid}/${number}`)]);
  return {
    href: new URL(`/api/complete_multipart/${oid}?${signature}`, url).href,
    header: { chunk_size: String(part), ...(Object.fromEntries(parts) as Record<string, string>) },
  };
}

function verifyOf({ url }: Exchange, repo: string) {
  return { href: new URL(`/${repo}.git/info/lfs/verify`, url).href };
}

/** A storage of signed addresses: it wants the length beforehand, and nobody's token. */
async function put({ request, groups, state, pace }: Exchange): Promise<Answer> {
  refuseToken(request);
  const length = request.headers['content-length'];
  if (length === undefined) throw new Refused(411, 'MissingContentLength');
  if (length === '0') throw new Refused(501, 'A header you provided implies functionality that is not implemented');
  const { oid = '', part } = groups;
  const file = part === undefined ? state.objectFile(oid) : state.partFile(oid, Number(part));
  const coming = `${file}.${randomBytes(4).toString('hex')}`;
  const md5 = createHash('md5');
  const read = async function* (pieces: AsyncIterable<Buffer>) {
    const pauses = pausesOf(pace);
    for await (const piece of pieces) {
      md5.update(piece);
      yield piece;
      await pauses(piece.length);
    }
  };
  try {
    await pipeline(request, read, createWriteStream(coming));
  } catch (error) {
    rmSync(coming, { force: true });
    throw error;
  }
  renameSync(coming, file);
  return { headers: { etag: `"${md5.digest('hex')}"` } };
}

function pausesOf(pace: Pace | undefined): (bytes: number) => Promise<void> {
  let seen = 0;
  let made = 0;
  return async (bytes) => {
    seen += bytes;
    if (pace === undefined || made === pace.pauses || seen < (made + 1) * pace.bytes) return;
    made += 1;
    await setTimeout(pace.seconds * 1000);
  };
}

const completion = z.object({
  oid: z.string(),
  parts: z.array(z.object({ partNumber: z.int(), etag: z.string() })),
});

/** By the file that is being made: whoever asks again meanwhile waits for the same. */
const completing = new Map<string, Promise<void>>();

async function complete(exchange: Exchange): Promise<Answer> {
  const { state } = exchange;
  const { oid, parts } = completion.parse(await jsonOf(exchange));
  if (oid !== exchange.groups['oid']) throw new Refused(400, 'another object');
  // Two files of one commit may have the same bytes.
  if (state.hasObject(oid)) return json({ success: true });
  const file = state.objectFile(oid);
  const work = completing.get(file) ?? joinParts(state, oid, parts).finally(() => completing.delete(file));
  completing.set(file, work);
  await work;
  return json({ success: true });
}

async function joinParts(state: HubState, oid: string, parts: z.infer<typeof completion>['parts']): Promise<void> {
  const sha256 = createHash('sha256');
  const whole = `${state.objectFile(oid)}.whole`;
  rmSync(whole, { force: true });
  for (const { partNumber, etag } of parts) {
    const file = state.partFile(oid, partNumber);
    if (!existsSync(file)) throw new Refused(400, `InvalidPart: ${partNumber}`);
    const md5 = createHash('md5');
    const reading = createReadStream(file).on('data', (piece) => {
      md5.update(piece);
      sha256.update(piece);
    });
    await pipeline(reading, createWriteStream(whole, { flags: 'a' }));
    if (etag !== `"${md5.digest('hex')}"`) throw new Refused(400, `InvalidPart: ${partNumber}`);
  }
  if (sha256.digest('hex') !== oid) throw new Refused(400, 'The parts are not the object');
  renameSync(whole, state.objectFile(oid));
  for (const { partNumber } of parts) rmSync(state.partFile(oid, partNumber), { force: true });
}

async function verify(exchange: Exchange): Promise<Answer> {
  const { oid, size } = z.object({ oid: z.string(), size: z.int() }).parse(await jsonOf(exchange));
  const isThere = exchange.state.hasObject(oid) && statSync(exchange.state.objectFile(oid)).size === size;
  if (!isThere) throw new Refused(404, 'no such object');
  return json({ success: true });
}

function download({ state, groups, request }: Exchange): Answer {
  refuseToken(request);
  const { oid = '' } = groups;
  if (!state.hasObject(oid)) throw new Refused(404, 'NoSuchKey');
  return { body: objectOf(state, oid), headers: { etag: `"${oid}"` } };
}

function refuseToken({ headers }: IncomingMessage): void {
  if (headers.authorization === undefined) return;
  throw new Refused(400, 'Only one auth mechanism allowed: the signature of the address');
}

function objectOf(state: HubState, oid: string) {
  const file = state.objectFile(oid);
  return { file, size: statSync(file).size };
}
