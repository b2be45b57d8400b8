import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LISTING_SUFFIX, type ListingEntry } from '../../../domain/data/digest.ts';
import { checkHead, type PackHead, readHead } from '../data/pack.ts';
import type { IntakeState } from '../data/wire.ts';
import { TransferFault } from './fault.ts';
import { GrowingFile } from './growing-file.ts';

const HEX = /^[0-9a-f]{64}$/;
const FACTS_SUFFIX = '.source.json';

/**
 * A pack as it arrives: unpacked beside its place, byte for byte, and renamed into it when the last file is right. What has
 * arrived stays on the disk, so that whoever sends it again goes on where it was cut. After a throw it must be opened anew.
 */
export class Intake {
  readonly #digest: string;
  readonly #place: string;
  readonly #making: string;
  /** Bytes of a head that is not complete. */
  #start: Buffer = Buffer.alloc(0);
  #head: PackHead | undefined;
  /** Files that are complete. */
  #done = 0;
  #before = 0;
  #file: GrowingFile | undefined;
  #isPresent = false;

  private constructor(root: string, hex: string) {
    this.#digest = `sha256:${hex}`;
    this.#place = join(root, 'inputs', hex);
    this.#making = join(root, 'inputs', `.${hex}.incoming`);
  }

  /** Looks at what is there. Throws `bad-request` for what is no digest. */
  static async open(root: string, hex: string): Promise<Intake> {
    if (!HEX.test(hex)) throw new TransferFault('bad-request', `${JSON.stringify(hex)} is no digest`);
    const intake = new Intake(root, hex);
    await intake.#look();
    return intake;
  }

  get state(): IntakeState {
    if (this.#isPresent) return { kind: 'present', offset: 0 };
    const offset = this.#head === undefined ? this.#start.length : this.#before + (this.#file?.size ?? 0);
    return { kind: 'partial', offset };
  }

  /** Takes the bytes that follow those that have arrived. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isPresent) return;
    if (this.#head !== undefined) return this.#unpack(this.#head, bytes);
    this.#start = Buffer.concat([this.#start, bytes]);
    const reading = readHead(this.#start, this.#digest);
    if (reading.kind === 'more') return;
    if (reading.kind === 'wrong') throw new TransferFault('wrong-data', `what is sent ${reading.reason}`);
    const rest = this.#start.subarray(reading.head.length);
    this.#start = Buffer.alloc(0);
    await this.#begin(reading.head);
    await this.#unpack(reading.head, rest);
  }

  /** Leaves what has arrived for later. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #look(): Promise<void> {
    if (await exists(this.#place)) {
      this.#isPresent = true;
      // Whoever frees what nobody uses sees that somebody asked for it; another user's folder cannot be touched.
      await utimes(this.#place, new Date(), new Date()).catch(() => undefined);
      return;
    }
    const listing = await readText(`${this.#making}/content${LISTING_SUFFIX}`);
    if (listing === undefined) return;
    const facts = await readText(`${this.#making}/content${FACTS_SUFFIX}`);
    const reading = checkHead(listing, facts, this.#digest);
    if (reading.kind !== 'head') return;
    this.#head = reading.head;
    this.#before = reading.head.length;
    await this.#openNext(reading.head, true);
  }

  async #begin(head: PackHead): Promise<void> {
    await rm(this.#making, { recursive: true, force: true });
    await mkdir(join(this.#making, 'content'), { recursive: true });
    if (head.facts !== undefined)
      await writeFile(`${this.#making}/content${FACTS_SUFFIX}`, head.facts, { flush: true });
    // Last, and whole: where it is, the facts are.
    await writeFile(`${this.#making}/listing.tmp`, head.listing, { flush: true });
    await rename(`${this.#making}/listing.tmp`, `${this.#making}/content${LISTING_SUFFIX}`);
    this.#head = head;
    this.#before = head.length;
    await this.#openNext(head, false);
  }

  /** Opens the first file that is not complete, counting with `kept` what has arrived; without one the folder is. */
  async #openNext(head: PackHead, kept: boolean): Promise<void> {
    for (let entry = head.files[this.#done]; entry !== undefined; entry = head.files[this.#done]) {
      const file = await GrowingFile.open(join(this.#making, 'content'), entry, kept);
      if (file.missing > 0) {
        this.#file = file;
        return;
      }
      if (await file.finish()) {
        this.#done += 1;
        this.#before += entry.size;
      } else if (entry.size === 0) throw notAsListed(entry);
      // Else a node that lost power wrote its size and not its bytes: it begins anew.
    }
    await this.#settle();
  }

  async #unpack(head: PackHead, bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const file = this.#file;
      if (file === undefined) throw new TransferFault('wrong-data', 'what is sent is longer than its listing says');
      const part = rest.subarray(0, file.missing);
      rest = rest.subarray(part.length);
      await file.append(part);
      if (file.missing === 0) {
        this.#file = undefined;
        if (!(await file.finish())) throw notAsListed(head.files[this.#done]);
        this.#done += 1;
        this.#before += file.size;
        // What an earlier try left of those that follow is sent again: the sender does not know of it.
        await this.#openNext(head, false);
      }
    }
  }

  async #settle(): Promise<void> {
    await rename(this.#making, this.#place).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(this.#making, { recursive: true, force: true });
    });
    await syncFolder(dirname(this.#place));
    this.#isPresent = true;
  }
}

function notAsListed(entry: ListingEntry | undefined): TransferFault {
  return new TransferFault('wrong-data', `${JSON.stringify(entry?.path)} is not what the listing says`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(absent)) !== undefined;
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(absent);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** So that a node that loses power does not lose the name; a file system that cannot is none that needs it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await folder.close();
  }
}
