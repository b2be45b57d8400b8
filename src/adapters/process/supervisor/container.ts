import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createDurably, readIfThere, writeBytes } from '../../files/durable-file.ts';
import { isAlive, type ProcessIdentity, parseIdentity, signalProcess } from '../../machine/process-identity.ts';
import { persist } from './persist.ts';
import { KILL_PAUSE_MS, killEach, type Pod, sessionOf, strangers } from './pod-processes.ts';
import { SHIM_FILES } from './shim.ts';

/** How often the life of processes is looked at; changes of files are noticed at once. */
const LOOK_MS = 1000;
/** How long an ended container's collectors may take to see the end of its output: what holds them up is an escapee. */
const DRAIN_MS = 10_000;

const SEALED = 'sealed\n';

/** How a container stands, as the files of its runtime folder tell. */
export type ContainerState =
  /** Nobody has started it. */
  | { readonly kind: 'new' }
  /** Nobody has, and nobody can any more. */
  | { readonly kind: 'sealed' }
  /** Its shim runs, its command not yet. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly main: ProcessIdentity; readonly since: Date }
  /** `code` as a shell tells it: 128 + N for signal N. */
  | { readonly kind: 'exited'; readonly code: number; readonly since: Date | undefined; readonly at: Date }
  /** It was started, and what would have told its end is gone: the machine went down, or somebody killed the shim. */
  | { readonly kind: 'vanished' };

export type Ended = Extract<ContainerState, { kind: 'exited' | 'vanished' }>;

/** What the instances of an attempt share. */
export interface Surroundings {
  /** Resolves when a file of the runtime folder changes, after `ms`, or when the signal fires. */
  readonly changed: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The environment of the shim and its collectors: $PATH for `cat`, `ln`, `mv`, `env`, and what marks them as the attempt's. */
  readonly shimEnv: Readonly<Record<string, string>>;
}

/** One life of one container; everything it knows is in files, so that any supervisor can go on with it. */
export class ContainerInstance {
  /** What its files begin with. */
  readonly files: string;
  readonly #around: Surroundings;
  /** Marks its processes where they have left its session: `NAME=value` that only its environment holds. */
  readonly #mark: string;

  constructor(files: string, mark: string, around: Surroundings) {
    this.files = files;
    this.#mark = mark;
    this.#around = around;
  }

  state(): ContainerState {
    const exit = readIfThere(`${this.files}.exit`);
    const claim = readIfThere(`${this.files}.claim`);
    if (claim === undefined) return { kind: 'new' };
    if (claim === SEALED) return { kind: 'sealed' };
    const [main, runner] = this.#processes();
    const since = main === undefined ? undefined : statSync(`${this.files}.pid`).mtime;
    if (exit !== undefined && /^[0-9]+\n$/.test(exit)) {
      return { kind: 'exited', code: Number(exit), since, at: statSync(`${this.files}.exit`).mtime };
    }
    const shim = parseIdentity(claim);
    const waits = runner ?? shim;
    if (waits === undefined || !isAlive(waits)) {
      // The file may have come between the first look and this one.
      return existsSync(`${this.files}.exit`) && exit === undefined ? this.state() : { kind: 'vanished' };
    }
    return main === undefined || since === undefined ? { kind: 'starting' } : { kind: 'running', main, since };
  }

  /** Whether a collector died with output in its hands. */
  get hasGaps(): boolean {
    return existsSync(`${this.files}.gaps`);
  }

  /** Starts it unless that was done before. */
  async start(script: string, cwd: string, secrets: Readonly<Record<string, string>>): Promise<void> {
    await persist(() => {
      mkdirSync(cwd, { recursive: true });
      for (const [name, text] of Object.entries(SHIM_FILES)) replace(join(dirname(this.files), name), text);
      replace(`${this.files}.start`, script);
      for (const name of ['out', 'err']) closeSync(openSync(`${this.files}.${name}`, 'a', 0o600));
    });
    while (this.state().kind === 'new') await this.#runShim(cwd, secrets);
  }

  /** Makes sure that nothing can start it any more; false when it was started before. */
  async seal(): Promise<boolean> {
    await persist(() => createDurably(`${this.files}.claim`, SEALED));
    return this.state().kind === 'sealed';
  }

  /** Waits until it has ended; undefined after `ms`, or when the signal fires before. */
  async ended({
    ms,
    signal,
  }: {
    readonly ms?: number;
    readonly signal?: AbortSignal;
  } = {}): Promise<Ended | undefined> {
    const until = performance.now() + (ms ?? Number.POSITIVE_INFINITY);
    for (;;) {
      const state = this.state();
      if (state.kind === 'exited' || state.kind === 'vanished') return state;
      if (state.kind === 'new' || state.kind === 'sealed') throw new Error(`${this.files} was never started`);
      const left = until - performance.now();
      if (left <= 0 || signal?.aborted === true) return undefined;
      await this.#around.changed(Math.min(left, LOOK_MS), signal);
    }
  }

  /** SIGTERM to the main process, as a kubelet sends it; false while there is none. */
  terminate(): boolean {
    const state = this.state();
    if (state.kind === 'running' && isAlive(state.main)) signalProcess(state.main.pid, 'SIGTERM');
    return state.kind !== 'starting';
  }

  /** SIGKILL to everything it has started, until nothing is left but what carries it. */
  async kill(): Promise<void> {
    while (this.state().kind === 'starting') await this.#around.changed(KILL_PAUSE_MS);
    await killEach(() => strangers(this.#pod()));
  }

  /** After its end: nothing it has started is left, and all it wrote is in its files. */
  async drained(): Promise<void> {
    const shim = parseIdentity(readIfThere(`${this.files}.claim`) ?? '');
    if (shim === undefined) return;
    let since = performance.now();
    while (isAlive(shim)) {
      await this.kill();
      await this.#around.changed(KILL_PAUSE_MS);
      if (performance.now() - since < DRAIN_MS) continue;
      const probing = performance.now();
      await persist(() => writeBytes(`${this.files}.probe`, 'x'.repeat(4096), { mode: 0o600, sync: true }));
      if (performance.now() - probing < LOOK_MS) await killEach(() => sessionOf(this.#pod()));
      else since = performance.now(); // what held the collectors up was a full disk
    }
    await this.kill();
  }

  #pod(): Pod {
    const [main, runner] = this.#processes();
    const claim = parseIdentity(readIfThere(`${this.files}.claim`) ?? '');
    return { shim: claim, runner, main, mark: this.#mark };
  }

  #processes(): readonly [ProcessIdentity?, ProcessIdentity?] {
    const [main = '', runner = ''] = readIfThere(`${this.files}.pid`)?.split('\n') ?? [];
    const found = [parseIdentity(main), parseIdentity(runner)] as const;
    return found[0] === undefined || found[1] === undefined ? [] : [found[0], found[1]];
  }

  /** Resolves when a shim has claimed the instance, or when the one started here has ended. */
  async #runShim(cwd: string, secrets: Readonly<Record<string, string>>): Promise<void> {
    const shim = spawn('/bin/sh', [join(dirname(this.files), 'shim.sh'), this.files], {
      cwd,
      env: { ...this.#around.shimEnv, ...secrets },
      detached: true,
      stdio: 'ignore',
    });
    const failed = new Promise<Error | undefined>((done) => {
      shim.once('error', (error) => done(error));
      shim.once('exit', () => done(undefined));
    });
    shim.unref();
    let over: { readonly error: Error | undefined } | undefined;
    const ended = failed.then((error) => {
      over = { error };
    });
    while (!existsSync(`${this.files}.claim`) && over === undefined) {
      await Promise.race([this.#around.changed(LOOK_MS), ended]);
    }
    // No process could be made, or no claim written: the machine is out of something.
    if (over !== undefined && !existsSync(`${this.files}.claim`)) await delay(LOOK_MS);
  }
}

/** A shell may be reading the file that is replaced: it keeps the old one. */
function replace(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeBytes(temporary, text, { mode: 0o600, sync: false });
  renameSync(temporary, path);
}
