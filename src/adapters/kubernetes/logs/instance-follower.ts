import { KubeFault, type LogQuery } from '../api/kube-api.ts';
import { type Pass, readConnection } from './connection.ts';
import { readEnd } from './end-check.ts';
import type { FollowerOptions } from './follower-options.ts';
import type { InstanceState } from './instance-view.ts';
import type { RawLine } from './lines/line-splitter.ts';
import { secondOf, stampOf } from './lines/stamp.ts';
import { RotationCheck } from './rotation-check.ts';
import type { LogEnd } from './stored/log-file.ts';

/** Tries at a log whose container has ended before what it lacks is given up. */
const LAST_TRIES = 6;
/** A first line within that time of the start, whose stamp has whole seconds, is the first. */
const HEAD_SECONDS = 1;
/** Whoever asks for a log within that time of the start, or of the end of an earlier connection without a line, misses no rotation. */
const HEAD_MS = 2000;

/** Follows one run of a container until its log is complete on this disk, or nothing more can be had. */
export class InstanceFollower {
  readonly #options: FollowerOptions;
  readonly #rotation: RotationCheck;
  #pause: number;
  #hasWarned = false;
  #isHeadKnown: boolean;
  #isLate: boolean;
  /** Since when the log of an ended container was asked for in vain; undefined when the last answer was one. */
  #silentSince: number | undefined;
  /** When the log was last known to have no line. */
  #emptyAt = performance.now();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#pause = options.timing.firstPause;
    this.#isHeadKnown = options.log.high !== undefined;
    this.#isLate = options.isLate;
    this.#rotation = new RotationCheck(options);
  }

  /** Called from time to time. */
  tick(signal: AbortSignal): void {
    this.#rotation.tick(signal);
  }

  /** Rejects when `signal` fires. */
  async run(signal: AbortSignal): Promise<LogEnd> {
    for (;;) {
      signal.throwIfAborted();
      const state = this.#options.view.state();
      switch (state.kind) {
        case 'waiting':
          await this.#options.view.changes.next(signal);
          break;
        case 'running':
          await this.#whileRunning(signal);
          break;
        case 'ended':
        case 'replaced': {
          const end = await this.#finish(state, signal);
          if (end !== undefined) return end;
          break;
        }
        case 'gone':
          return await this.#giveUp(state.why);
        default:
          state satisfies never;
      }
    }
  }

  async #whileRunning(signal: AbortSignal): Promise<void> {
    const { slots, view, timing } = this.#options;
    const release = slots.take(view.node);
    if (release === undefined) {
      await slots.poll(() => this.#connect({ follow: false }, signal));
      await view.changes.next(signal, timing.poll);
      return;
    }
    const begun = performance.now();
    let pass: Pass;
    try {
      pass = await this.#connect({ follow: true }, signal);
    } finally {
      release();
    }
    if (pass.isDoubtful) return;
    const isGood = pass.stored > 0 || performance.now() - begun > timing.longestPause;
    await this.#wait(isGood && pass.notice === undefined, signal);
  }

  /** Reads without following until a read brings nothing new. Undefined: the state has changed, look again. */
  async #finish(state: InstanceState, signal: AbortSignal): Promise<LogEnd | undefined> {
    const { view } = this.#options;
    if (state.kind === 'replaced' && !state.isNext) return await this.#giveUp('it was started again more than once');
    let rest: string | undefined;
    for (let tries = LAST_TRIES; ; ) {
      const asked = performance.now();
      const pass = await this.#readOn(state.kind === 'replaced', signal);
      signal.throwIfAborted();
      const now = view.state();
      if (now.kind !== state.kind) return undefined;
      const isWhole = pass.fault === undefined && pass.notice === undefined && !pass.isDoubtful;
      // Words of the kubelet may be glued to a last line without line end: only what comes twice is believed.
      if (isWhole && pass.stored === 0 && (pass.rest === undefined || restName(pass.rest) === rest)) {
        if (await this.#rotation.settle(state.kind === 'replaced', signal)) return await this.#complete(pass.rest);
        signal.throwIfAborted();
        tries -= 1;
        if (tries === 0) return await this.#giveUp('whether it is whole could not be read');
        await this.#wait(false, signal);
        continue;
      }
      rest = pass.rest === undefined ? undefined : restName(pass.rest);
      if (isWhole || pass.isDoubtful) continue;
      if (pass.stored > 0) tries = LAST_TRIES;
      if (isFinal(pass)) tries -= 1;
      if (tries === 0) return await this.#giveUp(reasonOf(pass));
      if (this.#isNodeSilent(pass, asked)) {
        return await this.#giveUp(`node ${view.node} does not answer: ${reasonOf(pass)}`);
      }
      await this.#wait(pass.stored > 0, signal);
    }
  }

  /** Without following. What is known to be at its end is not read again. */
  async #readOn(previous: boolean, signal: AbortSignal): Promise<Pass> {
    const end = await readEnd(this.#options, previous, signal);
    if (end === undefined) return await this.#connect({ follow: false, previous }, signal);
    return { lines: 0, stored: 0, rest: end.rest, isDoubtful: false, notice: undefined, fault: undefined };
  }

  /** For too long: the API server answers, and what it asks of the node comes to nothing. A server that is away is waited for. */
  #isNodeSilent({ fault }: Pass, asked: number): boolean {
    const { api, timing } = this.#options;
    const isHeard = (api.heardAt() ?? Number.NEGATIVE_INFINITY) >= asked;
    this.#silentSince = fault !== undefined && isHeard ? (this.#silentSince ?? asked) : undefined;
    return this.#silentSince !== undefined && performance.now() - this.#silentSince > timing.silentNode;
  }

  async #complete(rest: RawLine | undefined): Promise<LogEnd> {
    const { log } = this.#options;
    if (rest !== undefined) {
      this.#head(rest);
      log.takeRest(rest);
    }
    await log.end('complete');
    return 'complete';
  }

  async #giveUp(why: string): Promise<LogEnd> {
    const { log, view } = this.#options;
    await log.giveUp(why, view.startedAt());
    return 'cut';
  }

  async #connect(how: Pick<LogQuery, 'follow' | 'previous'>, signal: AbortSignal): Promise<Pass> {
    const { api, log, view, timing } = this.#options;
    const leave = new AbortController();
    const quiet = setTimeout(() => leave.abort(), timing.quiet);
    let quietAfterEnd: NodeJS.Timeout | undefined;
    const look = (): void => {
      const { kind } = view.state();
      if (kind === 'gone') leave.abort();
      else if (kind !== 'running') quietAfterEnd ??= setTimeout(() => leave.abort(), timing.quietAfterEnd);
    };
    const off = view.changes.on(look);
    look();
    const query = { container: view.container, ...how, ...(log.since === undefined ? {} : { sinceTime: log.since }) };
    try {
      const pass = await readConnection(
        {
          api,
          pod: view.pod,
          query,
          log,
          onOpen: () => {
            if (performance.now() - this.#emptyAt > HEAD_MS) this.#isLate = true;
            this.#emptyAt = performance.now();
          },
          isLineAwaited: () => !this.#isHeadKnown || this.#rotation.isLineAwaited,
          onLine: (line) => {
            this.#head(line);
            this.#rotation.line(line.time);
          },
          onChunk: (bytes) => {
            quiet.refresh();
            quietAfterEnd?.refresh();
            this.#rotation.received(bytes, signal);
          },
        },
        AbortSignal.any([signal, leave.signal]),
      );
      if (pass.fault === undefined) this.#emptyAt = performance.now();
      if (pass.isDoubtful) await log.resume();
      this.#warn(pass.notice);
      return pass;
    } finally {
      off();
      clearTimeout(quiet);
      clearTimeout(quietAfterEnd);
    }
  }

  /** Before the first line that is ever stored. */
  #head(line: RawLine): void {
    if (this.#isHeadKnown) return;
    this.#isHeadKnown = true;
    const startedAt = this.#options.view.startedAt();
    if (!this.#isLate || startedAt === undefined) return;
    if (secondOf(line.time) - secondOf(stampOf(startedAt)) <= HEAD_SECONDS) return;
    this.#options.log.mark(
      line.time,
      `[some output may be missing: the log was first read after the start at ${startedAt}]`,
    );
  }

  #warn(notice: string | undefined): void {
    if (notice === undefined || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.onNotice(notice);
  }

  async #wait(isGood: boolean, signal: AbortSignal): Promise<void> {
    const { view, timing } = this.#options;
    if (isGood) this.#pause = timing.firstPause;
    await view.changes.next(signal, this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, timing.longestPause);
  }
}

function restName({ time, text }: RawLine): string {
  return `${time} ${text.toString('latin1')}`;
}

/** Whether asking again is likely to bring the same answer; a cluster that is not reached is asked for as long as it takes. */
function isFinal({ fault, notice }: Pass): boolean {
  if (fault === undefined) return notice !== undefined;
  return fault instanceof KubeFault && ['not-found', 'invalid', 'forbidden', 'unauthorized'].includes(fault.kind);
}

function reasonOf({ fault, notice }: Pass): string {
  if (notice !== undefined) return `the kubelet says: ${notice}`;
  return fault instanceof Error ? fault.message : 'its end could not be read';
}
