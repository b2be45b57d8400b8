import { isListingPath } from './digest.ts';

/** A place in object storage. */
export interface ObjectPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty = the whole bucket. */
  readonly key: string;
}

/** An artifact in object storage: `s3://bucket/key`, with `@sha256:<hex>` where its contents are pinned. */
export interface ObjectUri extends ObjectPlace {
  /** `sha256:<hex>` of the artifact; absent = whatever lies there. */
  readonly digest?: string;
}

const URI = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/*(?:@(sha256:[0-9a-f]{64}))?$/s;

/** True for what names object storage, whether or not it does so well. */
export function isObjectUri(text: string): boolean {
  return text.startsWith('s3:');
}

/** Undefined for what is no such URI. */
export function parseObjectUri(text: string): ObjectUri | undefined {
  const [, bucket, key = '', digest] = URI.exec(text) ?? [];
  if (bucket === undefined || (key !== '' && !isListingPath(key))) return undefined;
  return { bucket, key, ...(digest === undefined ? {} : { digest }) };
}

/** What `parseObjectUri` reads. */
export function formatObjectUri({ bucket, key, digest }: ObjectUri): string {
  return `s3://${bucket}${key === '' ? '' : `/${key}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The key of something below a place. */
export function keyBelow(place: ObjectPlace, path: string): string {
  return place.key === '' ? path : `${place.key}/${path}`;
}
