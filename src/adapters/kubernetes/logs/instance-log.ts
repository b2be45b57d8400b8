import { fstatSync, ftruncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { storing } from '../../files/storing.ts';
import { keyOf, lineKey } from './lines/line-key.ts';
import { LineMark } from './lines/line-mark.ts';
import type { LineMask } from './lines/line-mask.ts';
import { PIECE_BYTES, type RawLine } from './lines/line-splitter.ts';
import { LogWindow } from './lines/log-window.ts';
import { stampOf } from './lines/stamp.ts';
import { StampReader } from './lines/stamp-reader.ts';
import { type LogEnd, LogFile } from './stored/log-file.ts';
import { type Proof, ProofFile } from './stored/proof-file.ts';
import { firstStamp, isEndOfLineBefore, readState, readWindow } from './stored/stored-lines.ts';

const LINE_END = 0x0a;

export type Taken = 'stored' | 'gap' | 'seen' | 'doubtful' | 'odd';

/** Stores the lines of one run of one container, masked, each once; the file itself says how far it has come. */
export class InstanceLog {
  readonly #file: LogFile;
  readonly #mask: LineMask;
  readonly #onMark: ((text: string) => void) | undefined;
  readonly #stamp = new StampReader();
  #window: LogWindow;
  #preface: string[] = [];
  /** Kept on the disk beside the log, so that whoever goes on with it has not to mark what is proven. */
  readonly #proof: ProofFile;
  #proven: Proof;
  #markedAt: string | undefined;

  private constructor(opened: Opened, options: StoreOptions) {
    this.#proof = opened.proof;
    this.#proven = opened.proven;
    this.#file = opened.file;
    this.#window = opened.window;
    this.#mask = options.mask;
    this.#onMark = options.onMark;
  }

  /** Opens a log to go on with it. The caller is the only one who writes it. */
  static open(path: string, options: StoreOptions): Promise<InstanceLog> {
    return storing(async () => {
      makeFolder(dirname(path), 0o700);
      const file = LogFile.open(path);
      const state = await readState(path, fstatSync(file).size);
      ftruncateSync(file, state.end);
      const window = state.high === undefined ? new LogWindow() : await readWindow(path, state, state.high);
      const proof = new ProofFile(path.replace(/\.log$/, '.proven'));
      const proven = state.high === undefined ? {} : proof.read(state.high, firstStamp(file));
      const written = new LogFile(path, { file, size: state.end, signal: options.signal });
      return new InstanceLog({ file: written, window, proof, proven }, options);
    });
  }

  get path(): string {
    return this.#file.path;
  }

  /** The last stamp; undefined while there is no line. */
  get high(): string | undefined {
    return this.#window.high;
  }

  /** From where the next connection has to ask; undefined: from the beginning. */
  get since(): string | undefined {
    return this.#window.since;
  }

  /**
   * No file of the node begins later than the first line of the log and not later than that, or a mark says so: between the lines up
   * to here nothing is missing in silence. Undefined while there is no line.
   */
  get proven(): string | undefined {
    return this.#proven.until;
  }

  /** The stamp with which the node's newest file was seen to begin. */
  get head(): string | undefined {
    return this.#proven.head;
  }

  /** Nothing is missing up to `until`; the newest file begins with `head`. */
  prove(until: string, head: string): void {
    this.#proven = { until, head };
  }

  get isEmpty(): boolean {
    return this.#file.isEmpty;
  }

  /** How many lines the next connection would send that are stored. */
  get comesAgain(): number {
    return this.#window.size;
  }

  /** Whether the last connection ended with these lines; false when they do not tell. */
  endsWith(lines: readonly RawLine[]): boolean {
    return this.#window.endsWith(lines.map((line) => LineMark.of(line.time, lineKey(this.#masked(line)))));
  }

  /** A connection begins. */
  begin(): void {
    this.#window.begin();
  }

  /** A sentence for readers that stands before the next thing that is stored. */
  announce(text: string): void {
    this.#preface.push(text);
  }

  /**
   * Takes lines as long as each simply follows the one before: whole, later than all that is stored, nothing missing before it. The caller
   * knows that nothing in the bytes is to be masked, and that a line begins at `from`. `to`: where it has stopped; how many it took.
   */
  takeRun(bytes: Buffer, from: number): { readonly to: number; readonly lines: number } {
    let [at, lines] = [from, 0];
    const [stamp, window] = [this.#stamp, this.#window];
    while (stamp.read(bytes, at) && window.isNext(stamp.second, stamp.nanos)) {
      const textAt = at + stamp.length;
      const end = bytes.indexOf(LINE_END, textAt);
      if (end < 0 || end - textAt > PIECE_BYTES) break;
      window.append(stamp.second, stamp.nanos, keyOf(stamp.nanos, 'F', bytes, textAt, end));
      this.#file.pending.addRead(stamp, bytes, at, end);
      at = end + 1;
      lines += 1;
    }
    return { to: at, lines };
  }

  /**
   * `isClean`: the caller knows that nothing in the line is to be masked. `odd`: nothing is done yet; the caller has to ask `isPiece`, and to call
   * again with `isWhole` when it is none.
   */
  take(line: RawLine, { isClean, isWhole = false }: { isClean: boolean; isWhole?: boolean }): Taken {
    const masked = isClean ? line : this.#masked(line);
    const key = lineKey(masked);
    if (!isWhole && this.#window.mayBePiece(line.time, key, this.head)) return 'odd';
    return this.#judged(masked, key);
  }

  /**
   * Whether a line is the end of a stored one: a runtime divides a line where it begins a new file. A kubelet that reads over the end of the
   * old file sends it whole, one that begins with the new file sends what is in that.
   */
  async isPiece(line: RawLine): Promise<boolean> {
    await this.flush();
    const masked = this.#masked(line);
    const isPiece = await isEndOfLineBefore(this.path, this.#file.size, masked);
    if (isPiece) this.#window.passOver(line.time, lineKey(masked));
    return isPiece;
  }

  #masked(line: RawLine): RawLine {
    return { ...line, text: this.#mask.mask(line.text) };
  }

  #judged(line: RawLine, key: number): Taken {
    const verdict = this.#window.judge(line.time, key);
    switch (verdict) {
      case 'seen':
      case 'doubtful':
        return verdict;
      case 'gap':
        if (this.#markedAt !== line.time) this.markGap(line.time);
        break;
      case 'new':
        break;
    }
    if (this.#proven.until === undefined) this.#proven = { until: line.time };
    this.#prefaced(line.time);
    this.#file.pending.add(line.time, line.tag, line.text);
    return verdict === 'gap' ? 'gap' : 'stored';
  }

  /** The end of a log without line end, in a connection of its own: no line before it has to come again. */
  takeRest(rest: RawLine): void {
    this.#prefaced(rest.time);
    this.#file.pending.add(rest.time, 'P', this.#masked(rest).text);
  }

  isClean(bytes: Buffer): boolean {
    return this.#mask.isClean(bytes);
  }

  /** Marks all that is not proven, up to `to`; absent: whatever comes after it. The newest file begins with `head`. */
  markGap(to: string | undefined, head?: string): void {
    const from = this.#proven.until ?? to ?? '';
    this.mark(to ?? this.high ?? from, to === undefined ? gapText(from) : gapText(from, to));
    this.#markedAt = to;
    this.#proven = { until: to ?? this.high ?? from, ...(head === undefined ? {} : { head }) };
  }

  /** Says in the log that something may be missing. */
  mark(time: string, text: string): void {
    this.#prefaced(time);
    this.#push(time, text);
    this.#onMark?.(text);
  }

  /** Writes what was taken. A full disk delays it and loses nothing. */
  async flush(): Promise<void> {
    const proven = this.#proven;
    await this.#file.flush();
    // Behind the marks that it counts on.
    this.#proof.write(proven);
  }

  /** After `doubtful`: makes ready for a connection that asks from where the doubt began. */
  async resume(): Promise<void> {
    await this.flush();
    const from = this.#window.resumeFrom;
    if (from === undefined) return;
    this.#window = await readWindow(this.path, { end: this.#file.size }, from);
    if (from < (this.#proven.until ?? '')) this.#proven = { ...this.#proven, until: from };
  }

  /** Nothing will come any more: the log is on the disk, and says so. */
  async end(how: LogEnd): Promise<void> {
    await this.flush();
    await this.#file.end(how);
    this.#proof.remove();
  }

  /** Nothing more can be had: the log says so behind what there is. `startedAt`: RFC 3339, for one that holds no line. */
  async giveUp(why: string, startedAt = new Date().toISOString()): Promise<void> {
    const { high = stampOf(startedAt), proven } = this;
    const since = proven === undefined || proven === high ? '' : `lines after ${proven}; `;
    this.mark(high, `[some output may be missing: ${since}the log ends here, ${why}]`);
    await this.end('cut');
  }

  close(): void {
    this.#file.close();
    this.#proof.close();
  }

  #prefaced(time: string): void {
    const preface = this.#preface;
    this.#preface = [];
    for (const text of preface) this.#push(time, text);
  }

  #push(time: string, text: string): void {
    this.#file.pending.add(time, 'N', Buffer.from(text.replaceAll('\n', ' ')));
  }
}

export interface StoreOptions {
  readonly mask: LineMask;
  /** Ends the waiting for a full disk. */
  readonly signal: AbortSignal;
  /** Told each sentence about missing output that goes into the log. */
  readonly onMark?: (text: string) => void;
}

interface Opened {
  readonly file: LogFile;
  readonly window: LogWindow;
  readonly proof: ProofFile;
  readonly proven: Proof;
}

/** What stands in a log where a proof failed. */
function gapText(from: string, to?: string): string {
  const lines = to === undefined ? `lines after ${from}` : `lines between ${from} and ${to}`;
  return `[some output may be missing: ${lines}]`;
}
