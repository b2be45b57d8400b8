import * as z from 'zod';
import { type DecidingFacts, digestOfSource, type ListingEntry, parseListing } from '../../../domain/data/digest.ts';

/*
 * A folder on its way into the workspace: one line that says how long the next two parts are, its listing, what git knows
 * of it, and the bytes of its files in the order of the listing. The listing has every size and digest, and the folder's
 * digest, by which the pack is asked for, is that of the listing: so every byte is known before it is written, and how
 * much has arrived can be told from the files on the disk.
 */

const MAGIC = 'ilab-pack';
const FIRST_LINE = /^ilab-pack 1 (0|[1-9]\d{0,9}) (0|[1-9]\d{0,9})\n$/;
/** Longer than any first line. */
const FIRST_LINE_MAX = 64;
/** A listing of half a million files. */
const HEAD_MAX = 128 * 1024 * 1024;

/** What a pack begins with. */
export interface PackHead {
  readonly listing: string;
  /** `.source.json`; absent outside a work tree. */
  readonly facts?: string;
  readonly files: readonly ListingEntry[];
  /** Bytes before the first file. */
  readonly length: number;
  /** Bytes of the whole pack. */
  readonly total: number;
}

/** The head of a folder's pack, and the bytes it begins with. */
export function packHead(
  listing: string,
  facts: string | undefined,
): { readonly head: PackHead; readonly bytes: Buffer } {
  const lengths = [listing, facts ?? ''].map((text) => Buffer.byteLength(text));
  const bytes = Buffer.from(`${MAGIC} 1 ${lengths.join(' ')}\n${listing}${facts ?? ''}`);
  const files = parseListing(listing);
  if (files === undefined) throw new Error('a folder was listed with a path that no listing can hold');
  return { head: headOf(listing, facts, files, bytes.length), bytes };
}

/** What `readHead` makes of the bytes so far; `wrong` completes "it ...". */
export type HeadReading =
  | { readonly kind: 'more' }
  | { readonly kind: 'head'; readonly head: PackHead }
  | { readonly kind: 'wrong'; readonly reason: string };

/** Reads the head from the first bytes of a pack of the folder `digest`. */
export function readHead(bytes: Buffer, digest: string): HeadReading {
  const end = bytes.subarray(0, FIRST_LINE_MAX).indexOf(0x0a) + 1;
  if (end === 0) return bytes.length < FIRST_LINE_MAX ? { kind: 'more' } : wrong('does not begin like a pack');
  const [, listed, told] = FIRST_LINE.exec(bytes.toString('latin1', 0, end)) ?? [];
  if (listed === undefined || told === undefined) return wrong('does not begin like a pack');
  const length = end + Number(listed) + Number(told);
  if (length > HEAD_MAX) return wrong(`has a listing of ${listed} bytes`);
  if (bytes.length < length) return { kind: 'more' };
  const listing = bytes.toString('utf8', end, end + Number(listed));
  const facts = Number(told) === 0 ? undefined : bytes.toString('utf8', end + Number(listed), length);
  return checkHead(listing, facts, digest);
}

/** The head with these parts, when they are those of the folder `digest`. */
export function checkHead(listing: string, facts: string | undefined, digest: string): HeadReading {
  const files = parseListing(listing);
  if (files === undefined) return wrong('has a listing with a path that no listing can hold');
  const deciding = decidingFacts(facts);
  if (deciding === undefined) return wrong('has facts that cannot be read');
  if (digestOfSource(listing, deciding) !== digest) return wrong('is not the folder with this digest');
  return { kind: 'head', head: packHead(listing, facts).head };
}

function wrong(reason: string): HeadReading {
  return { kind: 'wrong', reason };
}

function headOf(listing: string, facts: string | undefined, files: readonly ListingEntry[], length: number): PackHead {
  const total = files.reduce((sum, file) => sum + file.size, length);
  return { listing, files, length, total, ...(facts === undefined ? {} : { facts }) };
}

const decidingSchema = z.object({
  changed: z.array(z.string()).exactOptional(),
  merged: z
    .object({ onto: z.string(), pulls: z.array(z.object({ number: z.int(), commit: z.string() })) })
    .exactOptional(),
});

/** Those that are part of the digest; undefined when they cannot be read. */
function decidingFacts(facts: string | undefined): DecidingFacts | undefined {
  if (facts === undefined) return {};
  try {
    return decidingSchema.parse(JSON.parse(facts));
  } catch {
    return undefined;
  }
}
