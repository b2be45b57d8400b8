import type { FollowerOptions } from './follower-options.ts';
import { LONGEST_STAMP, parseStamp } from './lines/stamp.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A check costs a request: it is made when that much has come, or when `checkAtLeast` has passed. */
const BYTES_A_CHECK = 1024 * 1024;

type RotationCheckOptions = Pick<FollowerOptions, 'api' | 'log' | 'view' | 'timing'>;

/** The first line of the newest file: its stamp, `empty` when there is no line, undefined when it could not be read. */
type Head = { readonly kind: 'line'; readonly time: string } | { readonly kind: 'empty' } | undefined;

/**
 * Finds rotations. A kubelet that follows a file goes over to the next one as soon as that is made, while the runtime still writes to the old one;
 * one that has fallen behind passes over whole files. Neither can be seen in what it sends, and what it leaves out is served to
 * nobody. So each file is a place where lines may be missing. The stamp of the newest file's first line tells of it: where it is not later than
 * what is proven, there was no rotation since, and what was received by then is proven too.
 */
export class RotationCheck {
  readonly #options: RotationCheckOptions;
  /** The newest file begins with that stamp, and no line so late has come yet. */
  #awaited: string | undefined;
  #bytes = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #pauseMs = 0;

  constructor(options: RotationCheckOptions) {
    this.#options = options;
  }

  /** Whether `line` has to be told of the lines that come now. */
  get isLineAwaited(): boolean {
    return this.#awaited !== undefined;
  }

  /** A line is about to be stored. */
  line(time: string): void {
    if (this.#awaited === undefined || time < this.#awaited) return;
    this.#awaited = undefined;
    this.#options.log.markGap(time);
  }

  /** So much was received and stored. */
  received(bytes: number, signal: AbortSignal): void {
    this.#bytes += bytes;
    this.tick(signal);
  }

  /** Called from time to time: asks when it is time to. */
  tick(signal: AbortSignal): void {
    const { log, timing } = this.#options;
    if (this.#isAsking || this.#awaited !== undefined || log.high === log.proven) return;
    const since = performance.now() - this.#askedAt;
    const isDue = since >= timing.checkAtLeast || (since >= timing.check && this.#bytes >= BYTES_A_CHECK);
    if (isDue && since >= this.#pauseMs) void this.#ask(signal);
  }

  /**
   * At the end of a container, once all of its newest file is stored: marks where something may be missing before. False when the
   * kubelet does not tell.
   */
  async settle(previous: boolean, signal: AbortSignal): Promise<boolean> {
    const { log } = this.#options;
    if (log.high === undefined) return true;
    const head = await this.#readHead(previous, signal);
    if (head === undefined) return false;
    if (head.kind === 'empty') log.markGap(undefined);
    else this.#judge(head.time, log.high);
    // What has not come is the end of a log without line end, if anything.
    if (this.#awaited !== undefined) log.markGap(this.#awaited);
    this.#awaited = undefined;
    return true;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { log, view } = this.#options;
    this.#isAsking = true;
    this.#askedAt = performance.now();
    this.#bytes = 0;
    const { high } = log;
    try {
      const head = await this.#readHead(view.state().kind === 'replaced', signal);
      if (head?.kind === 'line') {
        this.#pauseMs = 0;
        this.#judge(head.time, high);
      } else {
        // A new file without a line, or a kubelet that does not answer: nothing is proven until it does.
        this.#pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2), LONGEST_PAUSE_MS);
        this.#bytes = BYTES_A_CHECK;
      }
    } finally {
      this.#isAsking = false;
    }
  }

  /** `high`: the last line that was received before the question. */
  #judge(head: string, high: string | undefined): void {
    const { log } = this.#options;
    if (high === undefined || log.high === undefined || log.proven === undefined) return;
    if (head === log.head || head <= log.proven) log.prove(high, head);
    else if (head <= log.high) log.markGap(log.high, head);
    else this.#awaited = head;
  }

  async #readHead(previous: boolean, signal: AbortSignal): Promise<Head> {
    const { api, view } = this.#options;
    const query = { container: view.container, follow: false, limitBytes: LONGEST_STAMP };
    const parts: Uint8Array[] = [];
    try {
      const stream = await api.log(view.pod, previous ? { ...query, previous } : query, signal);
      if (stream.status !== 200) return undefined;
      for await (const part of stream.body) parts.push(part);
    } catch {
      return undefined; // the next question, or the next connection, proves what it can
    }
    const bytes = Buffer.concat(parts);
    if (bytes.length === 0) return { kind: 'empty' };
    const time = parseStamp(bytes)?.time;
    return time === undefined ? undefined : { kind: 'line', time };
  }
}
