import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { acting } from '../../e2e/act-pipeline.ts';
import type { RunObject } from '../../e2e/program.ts';
import { FINISH, MARK, Workspace, writeActProject } from './act-on-cluster.ts';
import type { Cluster } from './cluster.ts';
import { FaultProxy } from './fault-proxy.ts';
import { hear, Machine, type Program, type Told } from './machine.ts';
import { programImage } from './program-image.ts';
import { expectTold } from './whole-run.ts';

const LINES = 15;
const SPEAK = `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo "line $i"; sleep 0.1; done`;
const STAGE = `${MARK}; ${SPEAK}; ${FINISH}`;
const STAGES = ['act', 'after'] as const;
const RUN = ['run', 'act', '--name', 'week', ...acting(STAGE, STAGE), '-o', 'json'] as const;
/** Of drivers for one run: each fault ends one at most. */
const MOST_DRIVERS = 12;

const FAULTS = [
  'kill-driver',
  'stop-driver',
  'cut',
  'black-hole',
  'kill-api-server',
  'kill-kubelet',
  'delete-pod',
] as const;
type Fault = (typeof FAULTS)[number];

/** When something happens to a run, in milliseconds after what happened before it. */
interface Blow {
  readonly fault: Fault;
  readonly after: number;
  /** How long it lasts. */
  readonly lasts: number;
}

/** Numbers from 0 to 1, the same for the same start value (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What happens to the run of a start value: one to four faults within some ten seconds. */
function blowsOf(start: number): readonly Blow[] {
  const random = randomFrom(start);
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
    fault: FAULTS[Math.floor(random() * FAULTS.length)] ?? 'cut',
    after: Math.floor(random() * 4000),
    lasts: Math.floor(random() * 2500),
  }));
}

/** One run of two stages to which everything happens, and what must hold at its end. */
class ChaosRun {
  readonly #cluster: Cluster;
  readonly #blows: readonly Blow[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'ilab-chaos-'));
  readonly #machines: Machine[] = [];
  readonly #told: RunEvent[] = [];
  #namespace = '';
  #kubeconfig = '';
  #proxy: FaultProxy | undefined;
  #driver: Program | undefined;
  /** How many programs it took. */
  drivers = 0;

  constructor(cluster: Cluster, start: number) {
    this.#cluster = cluster;
    this.#blows = blowsOf(start);
  }

  /** Throws what does not hold. */
  async play(): Promise<void> {
    this.#namespace = await this.#cluster.namespace();
    const { proxy, kubeconfig } = await FaultProxy.before(this.#cluster.kubeconfig, this.#folder);
    this.#proxy = proxy;
    this.#kubeconfig = kubeconfig;
    try {
      const [told] = await Promise.all([this.#carryThrough(), this.#strike()]);
      expect(told.exitCode, told.stderr).toBe(0);
      await this.#check();
    } finally {
      this.#driver?.kill('SIGKILL');
      await proxy.close();
      for (const machine of this.#machines) machine.leave();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  /** The same line on one new machine after the other, as long as drivers die or give up. */
  async #carryThrough(): Promise<Told> {
    for (;;) {
      this.drivers += 1;
      this.#driver = this.#machine(this.#kubeconfig).begin(...RUN);
      const told = await hear(this.#driver);
      this.#told.push(...told.events);
      if (told.exitCode === 0) return told;
      // Killed; a network that was away too long; an outcome that a deleted pod took with it.
      expect([undefined, 6, 9, 130], told.stderr).toContain(told.exitCode);
      expect(this.drivers, told.stderr).toBeLessThan(MOST_DRIVERS);
    }
  }

  async #strike(): Promise<void> {
    for (const { fault, after, lasts } of this.#blows) {
      await delay(after);
      await this.#blow(fault, lasts);
    }
  }

  async #blow(fault: Fault, lasts: number): Promise<void> {
    switch (fault) {
      case 'kill-driver':
        this.#driver?.kill('SIGKILL');
        break;
      case 'stop-driver': {
        const driver = this.#driver;
        driver?.kill('SIGSTOP');
        await delay(lasts);
        driver?.kill('SIGCONT');
        break;
      }
      case 'cut':
        this.#proxy?.cut();
        break;
      case 'black-hole':
        this.#proxy?.steer({ up: 'drop', down: 'drop' });
        await delay(lasts);
        this.#proxy?.cut();
        break;
      case 'kill-api-server':
        await this.#away('kube-apiserver', lasts);
        break;
      case 'kill-kubelet':
        await this.#away('kubelet@n1', lasts);
        break;
      case 'delete-pod': {
        const running = ['-n', this.#namespace, '--field-selector=status.phase=Running', '--wait=false'];
        await this.#cluster.tryKubectl(['delete', 'pods', '--all', ...running]);
        break;
      }
    }
  }

  async #away(part: string, lasts: number): Promise<void> {
    await this.#cluster.fault('kill', part);
    await delay(lasts);
    await this.#cluster.fault('start', part);
  }

  async #check(): Promise<void> {
    const witness = this.#machine(this.#cluster.kubeconfig);
    expectTold(this.#told, (await hear(witness.begin('watch', 'week', '-o', 'json'))).events);
    const { status } = await witness.status('week');
    expect(status.phase).toBe('Succeeded');
    for (const stage of STAGES) await this.#checkStage(witness, stage, status);
    await this.#checkObjects(status);
    await this.#checkRemoval(witness);
  }

  /** One object an attempt, and no other. */
  async #checkObjects(status: RunObject['status']): Promise<void> {
    const found = await this.#kubectl('get', 'jobs', '-o', 'jsonpath={range .items[*]}{.metadata.name} {end}');
    const recorded = status.stages.flatMap(({ name, attempts }) =>
      attempts.map((one) => `week-${name}-${one.attempt}`),
    );
    expect(found.trim().split(' ').toSorted()).toEqual(recorded.toSorted());
  }

  async #checkStage(witness: Machine, stage: string, status: RunObject['status']): Promise<void> {
    const attempts = status.stages.find(({ name }) => name === stage)?.attempts ?? [];
    const well = attempts.filter(({ outcome }) => outcome?.kind === 'succeeded');
    expect(well, stage).toEqual(attempts.slice(-1));
    const last = `week-${stage}-${attempts.length}`;
    expect(await this.#kubectl('get', `job/${last}`, '-o', 'jsonpath={.status.succeeded}')).toBe('1');
    const marks = await new Workspace(this.#cluster, this.#namespace).marks('week', stage);
    for (const { attempt } of attempts) {
      const own = marks.filter((pod) => pod.startsWith(`week-${stage}-${attempt}-`));
      expect(own.length, `side effects of ${stage} ${attempt}`).toBeLessThanOrEqual(1);
    }
    expect(marks.filter((pod) => pod.startsWith(`${last}-`))).toHaveLength(1);
    expect(marks.length).toBeLessThanOrEqual(attempts.length);
    const whole = Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join('');
    expect((await witness.on('logs', 'week', stage)).stdout, `log of ${stage}`).toBe(whole);
    await this.#checkStoredLogs(stage, whole);
  }

  /** Of what each driver stored: every line at most once and in order, and no hole that is not marked. */
  async #checkStoredLogs(stage: string, whole: string): Promise<void> {
    for (const machine of this.#machines.slice(0, -1)) {
      const { exitCode, stdout } = await machine.on('logs', 'week', stage);
      if (exitCode !== 0) continue; // it never heard of the stage
      if (stdout === whole) continue;
      const lines = stdout.split('\n').flatMap((line) => (line.startsWith('line ') ? [Number(line.slice(5))] : []));
      expect(lines).toEqual([...new Set(lines)].toSorted((a, b) => a - b));
      expect(stdout, 'a gap that is marked').toMatch(/\[.*missing/);
    }
  }

  async #checkRemoval(witness: Machine): Promise<void> {
    witness.person.env['ILAB_BACKEND_IMAGE'] = await programImage();
    const removed = await witness.on('rm', 'week');
    expect(removed.exitCode, removed.stderr).toBe(0);
    const kinds = 'jobs,pods,cm,lease';
    const left = await this.#kubectl('get', kinds, '-l', 'ilab-backend.dev/run=week', '-o', 'name');
    expect(left.split('\n').filter((name) => name !== '' && !name.startsWith('pod/'))).toEqual([]);
  }

  #kubectl(...args: readonly string[]): Promise<string> {
    return this.#cluster.kubectl('-n', this.#namespace, ...args);
  }

  #machine(kubeconfig: string): Machine {
    const machine = new Machine(kubeconfig, this.#namespace);
    this.#machines.push(machine);
    writeActProject(machine.person, { retry: { infra: 4, user: 0 } });
    return machine;
  }
}

/** Plays one run; what went wrong is told with the start value that shows it again. */
export async function playChaos(cluster: Cluster, start: number): Promise<{ readonly drivers: number }> {
  const run = new ChaosRun(cluster, start);
  try {
    await run.play();
  } catch (error) {
    const words = `chaos: ILAB_CHAOS_START=${start} (${JSON.stringify(blowsOf(start))})`;
    throw new Error(words, { cause: error });
  } finally {
    // Whatever is still away would be felt by the next.
    for (const part of ['kube-apiserver', 'kubelet@n1']) await cluster.fault('start', part);
  }
  return { drivers: run.drivers };
}

/** The start value of a suite: that of `ILAB_CHAOS_START`, else another one each time. */
export function chaosStart(): number {
  const named = process.env['ILAB_CHAOS_START'];
  return named === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(named);
}
