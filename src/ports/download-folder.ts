import type { ListingEntry } from '../domain/data/digest.ts';

/** A file to be taken over. `path` is relative to the folder, with `/`, and is never left. */
export type WantedFile = ListingEntry;

/** A folder of this machine that takes files over; nothing is written outside it, and no link in it is followed. */
export interface DownloadFolder {
  /** For messages. */
  readonly place: string;
  /** `there`: complete and the same. `other`: something else has its name. */
  look(file: WantedFile): Promise<'absent' | 'there' | 'other'>;
  /**
   * Takes a file over: `bytes(from)` gives it from a position on, where an earlier try was cut. It has its name only when
   * it is complete and right, and takes the place of what had it. `wrong`: the bytes are not those of the file; nothing of
   * them stays. Throws `storage-failed`.
   */
  receive(file: WantedFile, bytes: (from: number) => AsyncIterable<Uint8Array>): Promise<'done' | 'wrong'>;
}
