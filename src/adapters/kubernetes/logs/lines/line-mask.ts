import { hasToken } from '../../../../domain/redaction/token-shapes.ts';
import { Masker, withoutTokens } from '../../../logs/masking.ts';

/** Keeps what looks like a token, and values that are known to be secret, out of stored lines. */
export class LineMask {
  readonly #values: Masker;

  constructor(secrets: readonly string[] = []) {
    this.#values = new Masker(secrets);
  }

  /** True when nothing in these bytes would be masked. */
  isClean(bytes: Buffer): boolean {
    return this.#values.isClean(bytes) && !hasToken(bytes.toString('latin1'));
  }

  /** The bytes with what is secret replaced; the same bytes always give the same. */
  mask(bytes: Buffer): Buffer {
    const known = this.#values.isClean(bytes) ? bytes : this.#values.mask(bytes, 0, bytes.length);
    return withoutTokens(known);
  }
}
