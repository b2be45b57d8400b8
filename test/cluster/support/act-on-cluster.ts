import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/domain/json.ts';
import { type ActOptions, writeActPipeline } from '../../e2e/act-pipeline.ts';
import type { Person } from '../../e2e/program.ts';
import type { Cluster } from './cluster.ts';
import { until } from './command.ts';
import { BUSYBOX } from './objects.ts';

/* The pipeline `act` of test/e2e as Jobs of the rig, and the test's hand in their workspace. */

const RESULT = '{"version":1,"metrics":{"score":1},"artifacts":[]}';
/** Shell text: ends a stage well. */
export const FINISH = `echo '${RESULT}' >/dev/termination-log; echo '${RESULT}' >/content/artifacts/result.json`;
/** Shell text: the side effect that is counted, one line with the pod's name. */
export const MARK = 'hostname >>/content/work/marks';
/** Shell text: waits until the test lets it go. */
const WAIT = 'until [ -e /content/work/open ]; do sleep 0.1; done';
/** One line, the side effect, a meeting with the test, one more line, a good result. */
export const MEET = `echo before; ${MARK}; ${WAIT}; echo after; ${FINISH}`;
/** The side effect, two lines and a good result. */
export const DONE = `echo before; ${MARK}; echo after; ${FINISH}`;

export interface ClusterActOptions extends ActOptions {
  /** Merged over the Job of the stage `act`. */
  readonly patch?: JsonObject;
  /** Of both stages. */
  readonly image?: string;
  /** More of the settings `pod:`. */
  readonly pod?: JsonObject;
  /** The settings `notify:`. */
  readonly notify?: JsonObject;
}

/** A project whose pipeline `act` runs on the rig, as a user that is not root. */
export function writeActProject(
  person: Person,
  { patch, image = BUSYBOX, pod, notify, ...act }: ClusterActOptions = {},
): void {
  writeActPipeline(person, act);
  const project = {
    apiVersion: 'ilab-backend.dev/v1alpha1',
    kind: 'Project',
    pod: { runAsUser: 65532, ...pod },
    images: { 'stages/greet/shell': image },
    ...(notify === undefined ? {} : { notify }),
    ...(patch === undefined ? {} : { pipelines: { act: { overlays: { act: [{ kind: 'Job', patch }] } } } }),
  };
  writeFileSync(join(person.project, 'ilab-backend.yaml'), JSON.stringify(project));
}

/** The main container of the stage `act` with these fields, for `patch`. */
export function mainWith(fields: JsonObject): JsonObject {
  return { spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } } };
}

/** The claim of a namespace of the rig, as a folder of this machine. */
export class Workspace {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  #folder: string | undefined;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  /** The pods in which a stage had its side effect, oldest first. */
  async marks(run: string, stage: string): Promise<readonly string[]> {
    const path = join(await this.#work(run, stage), 'marks');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  /** Waits until the stage has been at work `times` times. */
  async arrived(run: string, stage: string, times = 1): Promise<void> {
    await until(`${times} marks of ${stage} of ${run}`, async () =>
      (await this.marks(run, stage)).length >= times ? true : undefined,
    );
  }

  /** Lets a stage that waits, or will wait, go on. */
  async letGo(run: string, stage: string): Promise<void> {
    const folder = await this.#work(run, stage);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'open'), '');
  }

  async #work(run: string, stage: string): Promise<string> {
    this.#folder ??= await until('the claim', async () => {
      const volume = await this.#cluster.get(this.#namespace, 'pvc/ilab-backend', '.spec.volumeName').catch(() => '');
      if (volume === '') return undefined;
      return this.#cluster.kubectl('get', 'pv', volume, '-o', 'jsonpath={.spec.local.path}');
    });
    return join(this.#folder, 'work', run, stage);
  }
}
