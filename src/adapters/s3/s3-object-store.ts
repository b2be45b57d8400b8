import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ObjectFault } from '../../domain/data/object-fault.ts';
import type { ObjectFacts, ObjectStore, StoredPart, UploadPart } from '../../ports/object-store.ts';
import { asObjectFault } from './fault.ts';
import type { StorageSettings } from './settings.ts';

/** Object metadata; what it is called on the wire is `x-amz-meta-sha256`. */
const NOTE = 'sha256';
const CONNECT_MS = 10_000;
/** Without a byte in either direction. */
const SILENT_MS = 60_000;

/** A bucket of any S3-compatible storage. */
export function createObjectStore(settings: StorageSettings, bucket: string): ObjectStore {
  return new S3ObjectStore(settings, bucket);
}

class S3ObjectStore implements ObjectStore {
  readonly bucket: string;
  readonly #client: S3Client;
  readonly #host: string;

  constructor(settings: StorageSettings, bucket: string) {
    this.bucket = bucket;
    this.#host = settings.endpoint === undefined ? `s3.${settings.region}.amazonaws.com` : hostOf(settings.endpoint);
    this.#client = openClient(settings);
  }

  look(key: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    return this.#ask(signal, async (options) => {
      const command = new HeadObjectCommand({ Bucket: this.bucket, Key: key });
      const { ContentLength = 0, Metadata } = await this.#client.send(command, options);
      const sha256 = Metadata?.[NOTE];
      return { size: ContentLength, ...(sha256 === undefined ? {} : { sha256 }) };
    }).catch(unlessAbsent);
  }

  put(key: string, bytes: Uint8Array, sha256: string, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, async (options) => {
      const object = { Bucket: this.bucket, Key: key, Body: bytes, ContentLength: bytes.length };
      await this.#client.send(new PutObjectCommand({ ...object, Metadata: { [NOTE]: sha256 } }), options);
    });
  }

  async *read(key: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    try {
      const range = from === 0 ? {} : { Range: `bytes=${from}-` };
      const command = new GetObjectCommand({ Bucket: this.bucket, Key: key, ...range });
      const { Body, ContentRange } = await this.#client.send(command, { abortSignal: signal });
      if (from > 0 && ContentRange?.startsWith(`bytes ${from}-`) !== true)
        throw new ObjectFault('away', `${this.#host} sends another part than was asked for`, {});
      if (Body !== undefined) yield* Body as AsyncIterable<Uint8Array>;
    } catch (error) {
      signal.throwIfAborted();
      throw this.#fault(error);
    }
  }

  uploads(key: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#ask(signal, async (options) => {
      const command = new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: key });
      const { Uploads = [] } = await this.#client.send(command, options);
      return Uploads.filter((upload) => upload.Key === key)
        .sort((a, b) => (b.Initiated?.getTime() ?? 0) - (a.Initiated?.getTime() ?? 0))
        .flatMap(({ UploadId }) => (UploadId === undefined ? [] : [UploadId]));
    });
  }

  begin(key: string, sha256: string, signal: AbortSignal): Promise<string> {
    return this.#ask(signal, async (options) => {
      const object = { Bucket: this.bucket, Key: key, Metadata: { [NOTE]: sha256 } };
      const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(object), options);
      if (UploadId === undefined) throw new ObjectFault('away', `${this.#host} gives no name to an upload`, {});
      return UploadId;
    });
  }

  parts(key: string, upload: string, signal: AbortSignal): Promise<readonly StoredPart[]> {
    return this.#ask(signal, async (options) => {
      const parts: StoredPart[] = [];
      let marker: string | undefined;
      do {
        const from = marker === undefined ? {} : { PartNumberMarker: marker };
        const command = new ListPartsCommand({ Bucket: this.bucket, Key: key, UploadId: upload, ...from });
        const page = await this.#client.send(command, options);
        for (const { PartNumber = 0, Size = 0, ETag = '' } of page.Parts ?? [])
          parts.push({ number: PartNumber, size: Size, etag: ETag });
        marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
      return parts;
    });
  }

  putPart({ key, upload, number, bytes }: UploadPart, signal: AbortSignal): Promise<string> {
    return this.#ask(signal, async (options) => {
      const part = { Bucket: this.bucket, Key: key, UploadId: upload, PartNumber: number };
      const command = new UploadPartCommand({ ...part, Body: bytes, ContentLength: bytes.length });
      return (await this.#client.send(command, options)).ETag ?? '';
    });
  }

  complete(key: string, upload: string, parts: readonly StoredPart[], signal: AbortSignal): Promise<void> {
    return this.#ask(signal, async (options) => {
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
      const object = { Bucket: this.bucket, Key: key, UploadId: upload, MultipartUpload: { Parts } };
      await this.#client.send(new CompleteMultipartUploadCommand(object), options);
    });
  }

  abort(key: string, upload: string, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, async (options) => {
      await this.#client.send(
        new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: upload }),
        options,
      );
    }).catch(unlessAbsent);
  }

  close(): void {
    this.#client.destroy();
  }

  async #ask<T>(signal: AbortSignal, work: (options: { readonly abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    try {
      return await work({ abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw this.#fault(error);
    }
  }

  #fault(error: unknown): ObjectFault {
    return asObjectFault(error, { host: this.#host, bucket: this.bucket });
  }
}

function openClient({ endpoint, region, pathStyle, credentials, ca, env }: StorageSettings): S3Client {
  const agent = { keepAlive: true, proxyEnv: env };
  const trusted = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    credentials,
    // Who calls tries again, and knows for how long.
    maxAttempts: 1,
    // The signature holds the SHA-256 of what is sent; not every storage takes the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, ...trusted }),
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENT_MS,
      throwOnRequestTimeout: true,
    }),
  });
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : endpoint;
}

function unlessAbsent(error: unknown): undefined {
  if (!(error instanceof ObjectFault) || error.kind !== 'absent') throw error;
}
