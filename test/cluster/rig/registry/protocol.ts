import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { RegistryFault } from './faults.ts';
import type { Store } from './store.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the body of the answer suffers. */
  readonly fault: Extract<RegistryFault, { readonly kind: 'slow' | 'cut' }> | undefined;
}

interface Body {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly open: () => Readable;
}

const TICK_MS = 50;
const CHUNK = 64 * 1024;

/** Answers a request of the distribution protocol, as far as buildah, skopeo and containerd speak it. */
export async function answer(store: Store, exchange: Exchange): Promise<void> {
  const { path, response } = exchange;
  if (path === '/v2/' || path === '/v2') {
    response.writeHead(200, { 'Docker-Distribution-Api-Version': 'registry/2.0' }).end('{}');
    return;
  }
  const parts = /^\/v2\/(?<name>.+?)\/(?<area>manifests|blobs\/uploads|blobs|tags)\/(?<reference>[^/]*)$/.exec(
    path,
  )?.groups;
  const [name = '', area = '', reference = ''] = [parts?.['name'], parts?.['area'], parts?.['reference']];
  switch (area) {
    case 'blobs/uploads':
      return upload(store, exchange, { name, id: reference });
    case 'blobs': {
      const blob = store.blob(reference);
      if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', reference);
      const mediaType = 'application/octet-stream';
      return give(exchange, { mediaType, digest: reference, size: blob.size, open: () => createReadStream(blob.path) });
    }
    case 'manifests':
      return manifests(store, exchange, { name, reference });
    case 'tags':
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ name, tags: store.tags(name) }));
      return;
    default:
      return refuse(response, 404, 'NAME_INVALID', path);
  }
}

/** An error in the protocol's own form. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
}

async function upload(store: Store, exchange: Exchange, { name, id }: { name: string; id: string }): Promise<void> {
  const { request, response, query } = exchange;
  const upload = request.method === 'POST' ? store.startUpload() : id;
  const length = await store.append(upload, request);
  if (length === undefined) return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN', upload);
  const digest = query.get('digest');
  if (digest !== null && request.method !== 'PATCH') {
    if (!store.finishUpload(upload, digest)) return refuse(response, 400, 'DIGEST_INVALID', digest);
    response.writeHead(201, { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest }).end();
    return;
  }
  const location = `/v2/${name}/blobs/uploads/${upload}`;
  response
    .writeHead(202, { Location: location, Range: `0-${Math.max(length - 1, 0)}`, 'Docker-Upload-UUID': upload })
    .end();
}

async function manifests(
  store: Store,
  exchange: Exchange,
  { name, reference }: { name: string; reference: string },
): Promise<void> {
  const { request, response } = exchange;
  if (request.method === 'PUT') {
    const mediaType = request.headers['content-type'] ?? 'application/vnd.oci.image.manifest.v1+json';
    const digest = store.putManifest(name, reference, mediaType, await buffer(request));
    if (digest === undefined) return refuse(response, 400, 'DIGEST_INVALID', reference);
    response.writeHead(201, { Location: `/v2/${name}/manifests/${digest}`, 'Docker-Content-Digest': digest }).end();
    return;
  }
  const manifest = store.manifest(name, reference);
  if (manifest === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN', `${name}:${reference}`);
  const { digest, mediaType, bytes } = manifest;
  return give(exchange, { mediaType, digest, size: bytes.length, open: () => Readable.from([bytes]) });
}

async function give({ request, response, fault }: Exchange, body: Body): Promise<void> {
  response.writeHead(200, {
    'Content-Type': body.mediaType,
    'Content-Length': body.size,
    'Docker-Content-Digest': body.digest,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  switch (fault?.kind) {
    case undefined:
      return pipeline(body.open(), response);
    case 'cut':
      for await (const piece of pieces(body.open(), fault.afterBytes)) response.write(piece);
      response.destroy();
      return;
    case 'slow':
      return pipeline(slowly(body.open(), fault.bytesPerSecond), response);
  }
}

/** The first bytes of a stream. */
async function* pieces(stream: Readable, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

async function* slowly(stream: Readable, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const step = Math.max(1, Math.min(CHUNK, Math.round((bytesPerSecond * TICK_MS) / 1000)));
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += step) {
      yield chunk.subarray(at, at + step);
      await new Promise((resolve) => setTimeout(resolve, (step * 1000) / bytesPerSecond));
    }
  }
}
