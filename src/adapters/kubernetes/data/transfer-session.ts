import { randomBytes } from 'node:crypto';
import { sha256 } from '../../../domain/data/digest.ts';
import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { at, KubeFault, type KubeObject, type ProxyRequest, RESOURCES, textAt } from '../api/kube-api.ts';
import { toUserError } from '../api/user-error.ts';
import type { ClusterData } from './cluster-data.ts';
import { judgeAnswer, type PodAnswer, PodAway } from './pod-answer.ts';
import { createJob, discardJob, endOf, nameTaken, replaceJob, waitForEnd } from './transfer-job.ts';
import { podState, waitForPod } from './transfer-pod.ts';
import { HEADER, TRANSFER_PORT } from './wire.ts';
import type { WorkspaceClaim } from './workspace-claim.ts';

const TOKEN_BYTES = 32;
const LONGEST_PAUSE = 5;
const AWAY: ReadonlySet<KubeFault['kind']> = new Set(['unreachable', 'ambiguous', 'server', 'not-found', 'expired']);

/** Whose pod a session talks to. */
export interface SessionWish {
  /** Of the Job. Who sends the same folder makes the same name, so that one of them waits. */
  readonly name: string;
  /** What it is for; sessions of the same purpose know each other by it. */
  readonly purpose: string;
  readonly pod: JsonObject;
  readonly claim: WorkspaceClaim;
}

/** A request to the pod; the token is put on by the session. */
export type PodRequest = Omit<ProxyRequest, 'port'>;

/** A request with more bytes than something on the way takes. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** How often in a row nothing got on. */
export class Patience {
  failures = 0;

  gotOn(): void {
    this.failures = 0;
  }
}

/**
 * A pod that serves the workspace, for one client. The Job is made when it is first asked, and made again when its pod is
 * gone; whoever asks goes on where it was.
 */
export class TransferSession {
  readonly #data: ClusterData;
  readonly #wish: SessionWish;
  readonly #token = randomBytes(TOKEN_BYTES).toString('hex');
  #job: KubeObject | undefined;
  #pod: { readonly name: string; readonly uid: string } | undefined;

  constructor(data: ClusterData, wish: SessionWish) {
    this.#data = data;
    this.#wish = wish;
  }

  /** Throws `PodAway` (see `recover`), `PodFault`, `TooLarge`, `UserError`. */
  async ask(request: PodRequest, signal: AbortSignal): Promise<PodAnswer> {
    try {
      const { name } = await this.#ready(signal);
      const headers = { ...request.headers, [HEADER.token]: this.#token };
      return await judgeAnswer(await this.#data.api.proxy(name, { ...request, headers, port: TRANSFER_PORT }, signal));
    } catch (error) {
      signal.throwIfAborted();
      throw this.#translated(error);
    }
  }

  /** After a throw of `ask`, or of reading its answer: waits and returns when it is worth asking again, else throws. */
  async recover(error: unknown, patience: Patience, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!(error instanceof PodAway)) throw error;
    const { clock, limits, api } = this.#data;
    patience.failures += 1;
    if (patience.failures >= limits.tries) {
      const where = `claim ${this.#wish.claim.name} in namespace ${api.place.namespace}`;
      throw new UserError('unreachable', `the pod that serves ${where} does not answer: ${error.message}`, {
        cause: error,
        hint: 'repeat the command: it goes on where it was',
      });
    }
    if (patience.failures > 1) await clock.sleep(Math.min(LONGEST_PAUSE, 0.1 * 2 ** patience.failures), signal);
    try {
      await this.#lookAfterPod(signal);
    } catch (fault) {
      signal.throwIfAborted();
      const translated = this.#translated(fault);
      if (!(translated instanceof PodAway)) throw translated;
    }
  }

  /** Ends the pod. It would end by itself, later. */
  async close(): Promise<void> {
    const job = this.#job;
    this.#forget();
    if (job !== undefined) await discardJob(this.#data, job);
  }

  async #ready(signal: AbortSignal): Promise<{ readonly name: string }> {
    if (this.#pod !== undefined) return this.#pod;
    this.#job ??= await this.#start(signal);
    const { limits, say } = this.#data;
    const state = await waitForPod(this.#data, this.#job, { goal: 'running', seconds: limits.start, signal });
    switch (state.kind) {
      case 'running':
        this.#pod = { name: state.name, uid: state.uid };
        return this.#pod;
      case 'failed':
        say(`the pod of Job ${this.#job.metadata.name} ended: ${state.message}`);
        throw new PodAway(state.message);
      default:
        throw new PodAway('its pod has ended');
    }
  }

  async #start(signal: AbortSignal): Promise<KubeObject> {
    const { name, purpose, pod, claim } = this.#wish;
    const { limits, say } = this.#data;
    const tokenSha256 = sha256(this.#token);
    const key = `${purpose}/${tokenSha256.slice(0, 16)}`;
    const args = ['serve', '--idle', String(limits.idle)];
    for (;;) {
      const wish = { name, mode: 'serve', key, args, deadline: limits.serve, tokenSha256, pod, claim } as const;
      const { kind, job } = await createJob(this.#data, wish, signal);
      const isEnding = endOf(job) !== undefined || at(job, 'metadata', 'deletionTimestamp') !== undefined;
      if (kind === 'created' || (kind === 'same' && !isEnding)) return job;
      const other = textAt(job, 'metadata', 'annotations', 'ilab-backend.dev/key') ?? '';
      if (!other.startsWith(`${purpose}/`)) throw nameTaken(this.#data, job);
      if (!isEnding) say(`another program does the same (Job ${name}); waiting until it has ended`);
      await waitForEnd(this.#data, job, signal);
      await replaceJob(this.#data, job, signal);
    }
  }

  /** Forgets a pod that has ended, so that the next question makes another. */
  async #lookAfterPod(signal: AbortSignal): Promise<void> {
    const job = this.#job;
    if (job === undefined) return;
    if (this.#pod !== undefined) {
      const pod = await this.#data.api.get(RESOURCES.pods, this.#pod.name, signal);
      if (pod?.metadata.uid === this.#pod.uid && podState(pod).kind === 'running') return;
    }
    await replaceJob(this.#data, job, signal);
    this.#forget();
  }

  #forget(): void {
    this.#job = undefined;
    this.#pod = undefined;
  }

  #translated(error: unknown): unknown {
    if (!(error instanceof KubeFault)) return error;
    if (error.kind === 'too-large') return new TooLarge(error.message, { cause: error });
    if (AWAY.has(error.kind)) return new PodAway(error.message, { cause: error });
    return toUserError(error, this.#data.api.place, 'data cannot be moved');
  }
}
