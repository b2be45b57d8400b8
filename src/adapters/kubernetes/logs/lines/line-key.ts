import { randomBytes } from 'node:crypto';
import type { RawLine } from './line-splitter.ts';
import { nanosOf } from './stamp.ts';

/** Chosen anew by every process, so that no workload can make two of its lines look like one. */
const SEED = randomBytes(8);
const [SEED_A, SEED_B] = [SEED.readInt32LE(0), SEED.readInt32LE(4)];

/** 53 bits of a hash over the fraction of the second, the tag and the text; never 0. */
export function lineKey({ time, tag, text }: Pick<RawLine, 'time' | 'tag' | 'text'>): number {
  return keyOf(nanosOf(time), tag, text, 0, text.length);
}

/** The same of a text that lies in other bytes, from `from` up to `to`. */
export function keyOf(nanos: number, tag: RawLine['tag'], bytes: Buffer, from: number, to: number): number {
  const length = to - from;
  let a = mixA(mixA(SEED_A, nanos), tag === 'F' ? length : ~length);
  let b = mixB(mixB(SEED_B, nanos), tag === 'F' ? length : ~length);
  const whole = to - (length % 4);
  let at = from;
  for (; at < whole; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    a = mixA(a, word);
    b = mixB(b, word);
  }
  for (; at < to; at += 1) {
    a = mixA(a, bytes[at] as number);
    b = mixB(b, bytes[at] as number);
  }
  return (finish(a ^ b) & 0x1fffff) * 2 ** 32 + finish(b) || 1;
}

function mixA(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function mixB(hash: number, word: number): number {
  const mixed = Math.imul((hash + word) | 0, 0xc2b2ae35);
  return (mixed << 13) | (mixed >>> 19);
}

function finish(hash: number): number {
  let word = hash;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
