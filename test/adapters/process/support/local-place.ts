import { chmodSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, signalProcess } from '../../../../src/adapters/machine/process-identity.ts';
import { AttemptFolder } from '../../../../src/adapters/process/attempt-folder.ts';
import { readClaim } from '../../../../src/adapters/process/claim.ts';
import { readOutcome } from '../../../../src/adapters/process/outcome-file.ts';
import { createProcessTarget, type LocalPlace } from '../../../../src/adapters/process/process-target.ts';
import { killEach, marked } from '../../../../src/adapters/process/supervisor/pod-processes.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { RunName, StageName } from '../../../../src/domain/naming.ts';
import { bind } from '../../../../src/domain/pipeline/bindings.ts';
import type { StageContract } from '../../../../src/domain/pipeline/pipeline.ts';
import type { AttemptSpec, Observation } from '../../../../src/ports/target.ts';
import { linesOf } from '../../../fakes/lines-of.ts';

/** As `npm test` built it: from its sources it starts in three times the time of the processor. */
const SUPERVISOR = join(import.meta.dirname, '../../../../dist/supervisor.js');
export const IMAGE = 'stages/test/shell';
export const never = new AbortController().signal;

/** A state folder of its own with the local target in it, and an image of small shell programs. */
export class TestPlace {
  readonly root = mkdtempSync(join(tmpdir(), 'local-target-'));
  readonly stateDir = join(this.root, 'state');
  readonly env: Record<string, string | undefined> = { PATH: process.env['PATH'] };
  readonly place: LocalPlace;

  constructor() {
    this.write('package/stages/test/shell/bin/noop', '#!/bin/sh\nexit 0\n', 0o755);
    this.place = this.open();
  }

  get target() {
    return this.place.target;
  }

  /** Another program that looks at the same state. */
  open(
    options: { readonly supervisorEntry?: string; readonly nodePath?: string; readonly path?: string } = {},
  ): LocalPlace {
    return createProcessTarget({
      stateDir: this.stateDir,
      packageRoot: join(this.root, 'package'),
      nodePath: options.nodePath ?? process.execPath,
      supervisorEntry: options.supervisorEntry ?? SUPERVISOR,
      env: options.path === undefined ? this.env : { ...this.env, PATH: options.path },
    });
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  write(path: string, text: string, mode = 0o644): string {
    const place = this.path(path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
    chmodSync(place, mode);
    return place;
  }

  attemptFolder(spec: AttemptSpec): string {
    return join(this.stateDir, 'attempts', spec.run, spec.stage, String(spec.attempt));
  }

  /** Takes everything away once nothing of it runs any more; what a test left running is killed. */
  async remove(): Promise<void> {
    for (const root of this.#attempts()) {
      const folder = new AttemptFolder(root);
      const claim = readClaim(folder);
      if (claim === undefined) continue;
      if (readOutcome(folder) === undefined) {
        signalProcess(claim.process.pid, 'SIGKILL');
        await killEach(() => marked(folder.content));
      }
      await until(() => !isAlive(claim.process));
    }
    // At once, so that no supervisor that comes late finds a part of it.
    renameSync(this.root, `${this.root}.gone`);
    rmSync(`${this.root}.gone`, { recursive: true, force: true });
  }

  #attempts(): readonly string[] {
    return globSync(join(this.stateDir, 'attempts/*/*/*'));
  }

  /** The spec of an attempt whose main container runs a shell script. */
  async spec(job: TestJob): Promise<AttemptSpec> {
    const { run = 'r', stage = 's', attempt = 1 } = job;
    const ref = { run: run as RunName, stage: stage as StageName, attempt };
    const image = await this.target.identify(IMAGE);
    await this.target.prepare([image], () => undefined, never);
    const contentRoot = this.target.contentRoot(ref);
    const { outputs } = bind({
      run: { name: ref.run, id: 'id', created: '2026-12-01T00:00:00.000Z', plan: '', images: {} },
      stage: ref.stage,
      attempt,
      image: IMAGE,
      inputs: [],
      contentRoot,
    });
    return {
      ...ref,
      key: job.key ?? 'key',
      objects: job.objects ?? [configMap(ref), jobObject(ref, job, outputs.subPath)],
      contract: job.contract ?? 'plain',
      outputs: job.outputs ?? [],
      images: [image],
      pod: {},
      queueTimeout: 60,
      startTimeout: job.startTimeout ?? 60,
    };
  }
}

export interface TestJob {
  readonly run?: string;
  readonly stage?: string;
  readonly attempt?: number;
  readonly key?: string;
  /** What `sh -c` runs in the container `main`. */
  readonly script?: string;
  readonly command?: readonly string[];
  readonly env?: readonly JsonObject[];
  readonly mounts?: readonly JsonObject[];
  readonly volumes?: readonly JsonObject[];
  readonly init?: readonly JsonObject[];
  readonly container?: JsonObject;
  readonly pod?: JsonObject;
  readonly jobSpec?: JsonObject;
  readonly objects?: readonly JsonObject[];
  readonly contract?: StageContract;
  readonly outputs?: readonly string[];
  readonly startTimeout?: number;
}

export function configMap(ref: { readonly run: string; readonly stage: string; readonly attempt: number }): JsonObject {
  const name = `${ref.run}-${ref.stage}-${ref.attempt}`;
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'params.json': '{"a":1}' } };
}

export function jobObject(
  ref: { readonly run: string; readonly stage: string; readonly attempt: number },
  job: TestJob,
  outputs = 'runs/r/s/1',
): JsonObject {
  const name = `${ref.run}-${ref.stage}-${ref.attempt}`;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      backoffLimit: 0,
      ...job.jobSpec,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 5,
          ...job.pod,
          volumes: [
            { name: 'params', configMap: { name } },
            { name: 'workspace', persistentVolumeClaim: { claimName: 'w' } },
            { name: 'tmp', emptyDir: {} },
            ...(job.volumes ?? []),
          ],
          ...(job.init === undefined ? {} : { initContainers: job.init }),
          containers: [
            {
              name: 'main',
              image: IMAGE,
              command: job.command ?? ['sh', '-c', literal(job.script ?? 'exit 0')],
              env: job.env ?? [],
              volumeMounts: [
                { name: 'params', mountPath: '/content/params.json', subPath: 'params.json', readOnly: true },
                { name: 'workspace', mountPath: '/content/artifacts', subPath: outputs },
                { name: 'tmp', mountPath: '/tmp' },
                ...(job.mounts ?? []),
              ],
              ...job.container,
            },
          ],
        },
      },
    },
  };
}

/** Everything `observe` tells until the attempt has ended. */
export async function observeAll(place: LocalPlace, spec: AttemptSpec, uid: string): Promise<readonly Observation[]> {
  return all(place.target.observe(spec, uid, never));
}

/** Submits, waits for the end and returns the outcome with the texts of all log lines. */
export async function runToEnd(place: LocalPlace, spec: AttemptSpec) {
  const { uid } = await place.target.submit(spec);
  const last = (await observeAll(place, spec, uid)).at(-1);
  if (last?.kind !== 'ended') throw new Error(`the last observation is ${JSON.stringify(last)}`);
  const lines = await all(linesOf(place.target.logs(spec, { follow: false }, never)));
  return { uid, outcome: last.outcome, lines, texts: lines.map((line) => line.text) };
}

export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What a template makes of a value: the kubelet's expansion gives back exactly this text. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** Waits for a condition; a test that waits in vain ends by its timeout. */
export async function until<T>(look: () => T): Promise<NonNullable<T>> {
  for (;;) {
    const found = look();
    if (found !== undefined && found !== null && found !== false) return found;
    await delay(10);
  }
}
