import { existsSync } from 'node:fs';
import type { Outcome } from '../../../domain/attempt/outcome.ts';
import { STORE_SIDECAR, type StoreReport, storeReport } from '../../../domain/attempt/store-sidecar.ts';
import { readIfThere } from '../../files/durable-file.ts';
import { type ContainerSpec, secretVariable } from '../attempt-spec.ts';
import type { Ended } from './container.ts';
import { type Attempt, ContainerRun } from './container-run.ts';
import { failureOf } from './failure.ts';
import { lastWords } from './last-words.ts';
import { probe } from './probe.ts';

/** How often a sidecar may end before it was ready once. */
const FAILED_STARTS = 3;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

type Failed = Extract<Outcome, { kind: 'failed' }>;

/** A life that ended before it was ready. `isProbed`: because it was not. */
interface FailedStart {
  readonly exitCode: number;
  readonly isProbed: boolean;
}

/** The number of the life that an earlier supervisor began last. */
export function newestLife({ folder }: Attempt, { name }: ContainerSpec): number {
  let number = 0;
  while (existsSync(`${folder.instance(name, number + 1)}.start`)) number += 1;
  return number;
}

function exitCodeOf(end: Ended): number {
  return end.kind === 'exited' ? end.code : 255;
}

/** A helper that runs beside `main` and is started again when it ends. */
export class Sidecar {
  readonly #attempt: Attempt;
  readonly #container: ContainerSpec;
  readonly #ending = new AbortController();
  #number: number;
  #run: ContainerRun;
  #keeping: Promise<void> = Promise.resolve();

  /** Goes on with the newest life that an earlier supervisor has begun. */
  constructor(attempt: Attempt, container: ContainerSpec) {
    this.#attempt = attempt;
    this.#container = container;
    this.#number = newestLife(attempt, container);
    this.#run = new ContainerRun(attempt, container, this.#number);
  }

  /** Resolves when it is ready (undefined) or cannot become so; undefined too when the attempt is stopped before. */
  async start(): Promise<Failed | undefined> {
    const { signal } = this.#attempt.stopper;
    for (let failures = 1; ; failures += 1) {
      await this.#run.start();
      const failed = await this.#untilReady(signal);
      if (failed === undefined) break;
      await this.#run.finish();
      const isForGood = failed.exitCode === 126 || failed.exitCode === 127;
      if (isForGood || failures >= FAILED_STARTS) return this.#failure(failed);
      await this.#pause(failures);
      this.#next();
    }
    this.#keeping = this.#keep();
    return undefined;
  }

  /** Goes on beside a main container that has begun; `mainLives` false: only to be ended. */
  async resume(mainLives: boolean): Promise<void> {
    if (!mainLives) return;
    await this.#run.start();
    this.#keeping = this.#keep();
  }

  /** Ends it for good: SIGTERM, grace, SIGKILL. Returns what the one that stores outputs said. */
  async end(): Promise<StoreReport | undefined> {
    this.#ending.abort();
    await this.#keeping;
    const end = await this.#run.finish();
    if (this.#container.name !== STORE_SIDECAR) return undefined;
    const said = this.#attempt.masker.text(readIfThere(this.#run.terminationLog) ?? '');
    return storeReport(said, end?.kind === 'exited' ? end.code : 255);
  }

  /** Starts it again whenever it ends, until it shall not run any more. */
  async #keep(): Promise<void> {
    const { signal } = this.#ending;
    for (let ends = 1; !signal.aborted; ends += 1) {
      const end = await this.#run.instance.ended({ signal });
      if (end === undefined) return;
      await this.#run.finish();
      await this.#pause(ends);
      if (signal.aborted) return;
      this.#next();
      await this.#run.start();
    }
  }

  #failure({ exitCode, isProbed }: FailedStart): Failed {
    const words = lastWords(this.#run.terminationLog, this.#run.log, this.#attempt.masker);
    const { name } = this.#container;
    if (!isProbed) return failureOf(this.#container, exitCode, words, this.#attempt.memoryKills);
    const said = words === undefined ? '' : `: ${words}`;
    const message = `sidecar ${name} was not ready in time, and was ended for that ${FAILED_STARTS} times${said}; to give it more time: its \`startupProbe\``;
    return { kind: 'failed', class: 'user', reason: 'helper-failed', message, container: name };
  }

  /** Undefined when it is ready or the attempt is stopped; its end when that comes first, by itself or by its probe. */
  async #untilReady(signal: AbortSignal): Promise<FailedStart | undefined> {
    const { startupProbe } = this.#container;
    if (startupProbe === undefined) return undefined;
    const { instance } = this.#run;
    let wait = Math.max(startupProbe.initialDelay * 1000, 1);
    for (let failures = 0; failures < startupProbe.failureThreshold; failures += 1) {
      const end = await instance.ended({ ms: wait, signal });
      if (end !== undefined) return { exitCode: exitCodeOf(end), isProbed: false };
      if (signal.aborted) return undefined;
      const env = this.#probeEnvironment();
      const around = { env, cwd: this.#container.workingDir, timeoutMs: startupProbe.timeout * 1000 };
      if (await probe(startupProbe.check, around)) return undefined;
      wait = startupProbe.period * 1000;
    }
    const end = await this.#run.finish();
    return end === undefined ? undefined : { exitCode: exitCodeOf(end), isProbed: true };
  }

  #probeEnvironment(): Readonly<Record<string, string>> {
    const plain = this.#run.environment.map(({ name, value }) => [name, value] as const);
    const secret = this.#container.secretEnv.map(
      ({ name, index }) => [name, this.#attempt.secrets[secretVariable(index)] ?? ''] as const,
    );
    return Object.fromEntries([...plain, ...secret]);
  }

  async #pause(times: number): Promise<void> {
    const until = performance.now() + Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
    const signal = AbortSignal.any([this.#ending.signal, this.#attempt.stopper.signal]);
    for (let left = 1; left > 0 && !signal.aborted; left = until - performance.now()) {
      await this.#attempt.changes.changed(left, signal);
    }
  }

  #next(): void {
    this.#number += 1;
    this.#run = new ContainerRun(this.#attempt, this.#container, this.#number);
  }
}
