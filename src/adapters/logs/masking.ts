import { hasToken, maskTokens } from '../../domain/redaction/token-shapes.ts';

/** What a secret's value is replaced by. */
export const MASK = '***';

/** Shorter values would mask ordinary words. */
const SHORTEST = 6;

/** Bytes `from` (inclusive) to `to` (exclusive). */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Keeps secret values out of stored bytes. A byte is masked when any occurrence of any value covers it, so the answer
 * depends on the bytes around it only, never on where a reader began; a masked stretch becomes one MASK.
 */
export class Masker {
  /** How far a value can reach: that many bytes before and after a piece have to be at hand to mask it. */
  readonly reach: number;
  readonly #needles: readonly Buffer[];

  constructor(secrets: readonly string[]) {
    this.#needles = [...new Set(secrets.flatMap(forms))].map((text) => Buffer.from(text));
    this.reach = Math.max(0, ...this.#needles.map((needle) => needle.length - 1));
  }

  /** True when no value occurs in these bytes. */
  isClean(bytes: Buffer): boolean {
    return this.#needles.every((needle) => !bytes.includes(needle));
  }

  /** The bytes `from` to `to` of `window`, masked; a stretch that began before `from` has its MASK there, not here. */
  mask(window: Buffer, from: number, to: number): Buffer {
    const spans = this.#spans(window);
    const parts: Buffer[] = [];
    let at = from;
    for (const span of spans) {
      if (span.to <= from || span.from >= to) continue;
      if (span.from >= from) parts.push(window.subarray(at, span.from), Buffer.from(MASK));
      at = Math.min(span.to, to);
    }
    parts.push(window.subarray(at, to));
    return Buffer.concat(parts);
  }

  text(text: string): string {
    const bytes = Buffer.from(text);
    return this.isClean(bytes) ? text : this.mask(bytes, 0, bytes.length).toString();
  }

  #spans(window: Buffer): readonly Span[] {
    const found: Span[] = [];
    for (const needle of this.#needles) {
      for (let at = window.indexOf(needle); at >= 0; at = window.indexOf(needle, at + 1)) {
        found.push({ from: at, to: at + needle.length });
      }
    }
    found.sort((a, b) => a.from - b.from);
    const merged: Span[] = [];
    for (const span of found) {
      const last = merged.at(-1);
      if (last !== undefined && span.from < last.to) {
        merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
      } else merged.push(span);
    }
    return merged;
  }
}

/** A value and each line of it, as they are and as JSON, a URL and base64 would write them. */
function forms(value: string): readonly string[] {
  const parts = [value.trim(), ...value.split(/\r?\n/)];
  const found = parts.flatMap((part) => [
    part,
    JSON.stringify(part).slice(1, -1),
    encodeURIComponent(part.toWellFormed()),
    ...inBase64(part),
  ]);
  return found.filter((form) => form.length >= SHORTEST && !form.includes('\n'));
}

/** What of a text shows in base64, wherever it begins in what was encoded: three alignments, inside and at its end. */
function inBase64(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor((padded.length * 8) / 6);
    const written = padded.toString('base64');
    return [written.slice(first, last), written.slice(first)];
  });
}

/** The bytes of a line without what looks like a token; the same bytes always give the same. */
export function withoutTokens(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  return hasToken(text) ? Buffer.from(maskTokens(text), 'latin1') : bytes;
}
