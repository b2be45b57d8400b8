import { type KubeApi, KubeFault, type LogQuery } from '../api/kube-api.ts';
import type { InstanceLog, Taken } from './instance-log.ts';
import { LineSplitter, type Notice, type RawLine } from './lines/line-splitter.ts';

const CUT_STAMP = /^[0-9T:.Z+-]* ?$/;

/** What came of one connection. */
export interface Pass {
  /** Lines and pieces of lines that were received, stored before or not. */
  readonly lines: number;
  readonly stored: number;
  /** What stood after the last line end. */
  readonly rest: RawLine | undefined;
  /** The server has begun anew in the middle; it was left, and the log has to `resume`. */
  readonly isDoubtful: boolean;
  /** Words that no container wrote. */
  readonly notice: string | undefined;
  /** Why it ended, when it did not end by itself. */
  readonly fault: unknown;
}

interface ConnectOptions {
  readonly api: Pick<KubeApi, 'log'>;
  readonly pod: string;
  readonly query: LogQuery;
  readonly log: InstanceLog;
  /** The server has the log, and begins to send it. */
  readonly onOpen: () => void;
  /** Whether `onLine` has to be called with the lines that come now. */
  readonly isLineAwaited: () => boolean;
  /** Called with each line before it is stored, and after each chunk. */
  readonly onLine: (line: RawLine) => void;
  readonly onChunk: (bytes: number) => void;
}

/** Reads one connection to its end and stores what is new, as fast as it comes. Only `signal` makes it throw. */
export async function readConnection(options: ConnectOptions, signal: AbortSignal): Promise<Pass> {
  const { api, pod, query, log } = options;
  const reader = new PassReader(options);
  let fault: unknown;
  log.begin();
  try {
    const stream = await api.log(pod, query, signal);
    if (stream.status !== 200) throw notYet(pod, stream.status);
    options.onOpen();
    for await (const chunk of stream.body) {
      await reader.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (reader.isDoubtful) break;
    }
  } catch (error) {
    fault = error ?? new Error('the connection was cut');
  }
  // Also when the connection was cut: what was taken counts as stored.
  await log.flush();
  return reader.pass(query, fault);
}

/** Of a pod that has no node yet the API server gives nothing and calls that a success (204): no log, and no end of one. */
function notYet(pod: string, status: number): KubeFault {
  return new KubeFault('not-found', `pod "${pod}" has no log yet`, { request: `get log of pod "${pod}"`, status });
}

class PassReader {
  readonly #options: ConnectOptions;
  readonly #splitter = new LineSplitter();
  readonly #notices: Notice[] = [];
  #lines = 0;
  #stored = 0;
  isDoubtful = false;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  async take(bytes: Buffer): Promise<void> {
    const { log, onChunk } = this.#options;
    // One look at all of them costs less than one at each line.
    const isClean = log.isClean(bytes);
    for (let at = 0; at < bytes.length && !this.isDoubtful; ) {
      at = isClean ? this.#takeRun(bytes, at) : at;
      if (at < bytes.length) at = await this.#takeLine(bytes, at, isClean);
    }
    await log.flush();
    onChunk(bytes.length);
  }

  /** The quick way, for as many lines as it will do. */
  #takeRun(bytes: Buffer, from: number): number {
    const { log, isLineAwaited } = this.#options;
    if (!this.#splitter.isBetweenLines || isLineAwaited()) return from;
    const { to, lines } = log.takeRun(bytes, from);
    this.#lines += lines;
    this.#stored += lines;
    return to;
  }

  async #takeLine(bytes: Buffer, from: number, isClean: boolean): Promise<number> {
    const { log } = this.#options;
    for (const item of this.#splitter.feedLine(bytes, from)) {
      if (item.kind === 'notice') {
        if (this.#notices.length < 2) this.#notices.push(item);
      } else if (this.#line(item, { isClean: isClean && !item.isJoined }) === 'odd' && !(await log.isPiece(item))) {
        this.#line(item, { isClean: false, isWhole: true });
      }
      if (this.isDoubtful) break;
    }
    return this.#splitter.at;
  }

  pass(query: LogQuery, fault: unknown): Pass {
    const [rest] = this.isDoubtful ? [] : [...this.#splitter.rest()];
    const words = [...this.#notices];
    if (rest?.kind === 'notice' && fault === undefined && !CUT_STAMP.test(rest.text)) words.push(rest);
    const notice = words.find(({ isFirst }) => !isFirst || query.sinceTime === undefined || this.#lines === 0);
    return {
      lines: this.#lines,
      stored: this.#stored,
      rest: rest?.kind === 'line' ? rest : undefined,
      isDoubtful: this.isDoubtful,
      // The first thing of a range may be the end of a line that began before it: it is stored.
      notice: notice?.text,
      fault,
    };
  }

  #line(line: RawLine, how: { isClean: boolean; isWhole?: boolean }): Taken {
    if (how.isWhole !== true) {
      this.#lines += 1;
      this.#options.onLine(line);
    }
    const taken = this.#options.log.take(line, how);
    if (taken === 'doubtful') this.isDoubtful = true;
    else if (taken === 'stored' || taken === 'gap') this.#stored += 1;
    return taken;
  }
}
