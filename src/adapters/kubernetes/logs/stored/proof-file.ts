import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { isPassing } from '../../../files/durable-file.ts';

/** How far a log is known to miss nothing that no mark tells of. */
export interface Proof {
  /** The stamp up to which it is; absent while there is no line. */
  readonly until?: string;
  /** With what the node's newest file began when that was last seen. */
  readonly head?: string;
}

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
const NONE = '-'.repeat('2026-01-01T00:00:00.000000000Z'.length);

/** Keeps a proof beside its log. It may be behind the log, or lost: then more is marked than has to be. */
export class ProofFile {
  readonly #path: string;
  #file: number | undefined;
  #written: Proof = {};

  constructor(path: string) {
    this.#path = path;
  }

  /** `high`: the last line that is stored; `first`: the first. */
  read(high: string, first: string | undefined): Proof {
    const [until = '', head = ''] = textOf(this.#path).trimEnd().split(' ');
    if (!STAMP.test(until)) return { until: first ?? high };
    // The log may have lost its end with the machine's power.
    return { until: until < high ? until : high, ...(STAMP.test(head) ? { head } : {}) };
  }

  /** A disk that does not take it is no reason to wait: an older proof is true, too. */
  write(proof: Proof): void {
    if (proof === this.#written || proof.until === undefined) return;
    try {
      this.#file ??= openSync(this.#path, 'w', 0o600);
      // Always of the same length and by one write: a death leaves the one or the other.
      writeSync(this.#file, `${proof.until} ${proof.head ?? NONE}\n`, 0);
      this.#written = proof;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Of a log that is over there is nothing more to prove. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
