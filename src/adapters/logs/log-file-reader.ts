import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import type { LogLine } from '../../ports/target.ts';
import { type CriLine, parseCriHead, type StoredStream } from './cri-line.ts';

const CHUNK = 16 * 1024;
/** A line longer than this is given in pieces, so that no reader has to hold it whole. */
const LONGEST_LINE = 64 * 1024 * 1024;
const LINE_END = 0x0a;

interface Open {
  readonly time: string;
  readonly parts: Buffer[];
  size: number;
}

/** Reads one stored log from its beginning, as far as it is whole; `read` goes on where the last one stopped. */
export class LogFileReader {
  readonly #container: string;
  readonly #path: string;
  readonly #open: Partial<Record<StoredStream, Open>> = {};
  #offset = 0;
  #buffer = Buffer.allocUnsafe(CHUNK);

  constructor(path: string, container: string) {
    this.#path = path;
    this.#container = container;
  }

  /** The lines that are complete now, some at a time. */
  *read(): Generator<readonly LogLine[]> {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      for (;;) {
        const buffer = this.#buffer;
        const got = readSync(file, buffer, 0, buffer.length, this.#offset);
        const end = buffer.subarray(0, got).lastIndexOf(LINE_END);
        if (end >= 0) {
          // Only whole stored lines are passed over: what a supervisor's death has torn is written anew.
          this.#offset += end + 1;
          const lines = this.#lines(buffer.subarray(0, end + 1));
          if (lines.length > 0) yield lines;
        } else if (got < buffer.length) return;
        else this.#buffer = Buffer.allocUnsafe(buffer.length * 2);
      }
    } finally {
      closeSync(file);
    }
  }

  /** What stands after the last line end, once nothing more will come. */
  rest(): readonly LogLine[] {
    const lines: LogLine[] = [];
    this.#endOpen(lines);
    return lines;
  }

  #lines(bytes: Buffer): readonly LogLine[] {
    const lines: LogLine[] = [];
    const latin1 = bytes.toString('latin1');
    const isText = isAscii(bytes);
    for (let from = 0; from < bytes.length; ) {
      const to = bytes.indexOf(LINE_END, from);
      const parsed = parseCriHead(latin1, from);
      from = to + 1;
      if (parsed === undefined) continue;
      const { stream, tag, textAt } = parsed;
      if (tag === 'F' && this.#open[stream] === undefined) {
        lines.push(this.#line(parsed, isText ? latin1.slice(textAt, to) : bytes.toString('utf8', textAt, to)));
      } else this.#take(parsed, bytes.subarray(textAt, to), lines);
    }
    return lines;
  }

  #take({ stream, tag, time }: CriLine, text: Buffer, lines: LogLine[]): void {
    if (tag === 'N') {
      this.#endOpen(lines); // what was open ends here: a note tells that something is missing
      lines.push({ ...this.#line({ stream, time }, text.toString('utf8')), marker: true });
      return;
    }
    // Parts of one line of a kubelet carry its one time; what goes on with another has lost its end.
    if (stream === 'output' && this.#open.output?.time !== time) this.#endOpen(lines);
    const open = this.#open[stream] ?? { time, parts: [], size: 0 };
    open.parts.push(tag === 'F' ? text : Buffer.from(text));
    open.size += text.length;
    this.#open[stream] = open;
    if (tag === 'F' || open.size > LONGEST_LINE) this.#close(stream, open, lines);
  }

  #endOpen(lines: LogLine[]): void {
    for (const stream of ['stdout', 'stderr', 'output'] as const) {
      const open = this.#open[stream];
      if (open !== undefined) this.#close(stream, open, lines);
    }
  }

  #close(stream: StoredStream, { time, parts }: Open, lines: LogLine[]): void {
    delete this.#open[stream];
    lines.push(this.#line({ stream, time }, Buffer.concat(parts).toString('utf8')));
  }

  #line({ stream, time }: Pick<CriLine, 'stream' | 'time'>, text: string): LogLine {
    const container = this.#container;
    return stream === 'output' ? { container, time, text } : { container, stream, time, text };
  }
}
