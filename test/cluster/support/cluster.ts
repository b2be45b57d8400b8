import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { type Finished, run, runWell } from './command.ts';
import { locateCluster, type Place, type RigFacts } from './locate.ts';
import { Registry } from './registry.ts';

/** Where this is set, a missing cluster is a failure and no reason to skip. */
const REQUIRED = process.env['ILAB_TEST_CLUSTER'] === 'required';
/** The reasons the reporter knows; see test/skipped-reporter.ts. */
const NEEDS_CLUSTER = 'needs a cluster';
const NEEDS_RIG = 'needs the rig of cluster:up, not another cluster';

type Skip = (note: string) => unknown;

export interface NamespaceOptions {
  /** The PodSecurity level that is enforced. */
  readonly enforce?: 'restricted' | 'baseline';
}

/** A real cluster, reached as its administrator. */
export class Cluster {
  readonly kubeconfig: string;
  readonly isRig: boolean;
  readonly #rig: RigFacts | undefined;
  readonly #namespaces: string[] = [];

  constructor({ kubeconfig, rig }: Place) {
    this.kubeconfig = kubeconfig;
    this.isRig = rig !== undefined;
    this.#rig = rig;
  }

  /** What is known about the rig, for tests that need it: `requireRig` first. */
  get rig(): RigFacts {
    if (this.#rig === undefined) throw new Error(`${this.kubeconfig}: ${NEEDS_RIG}`);
    return this.#rig;
  }

  get registry(): Registry {
    return new Registry(this.rig.registry);
  }

  /** kubectl that must succeed; gives what it wrote to stdout. */
  kubectl(...args: readonly string[]): Promise<string> {
    return runWell(this.#kubectl, args, { env: { KUBECONFIG: this.kubeconfig } });
  }

  /** kubectl that may fail; `as`: the kubeconfig of somebody else (`user`). */
  tryKubectl(args: readonly string[], { as = this.kubeconfig, input = '' } = {}): Promise<Finished> {
    return run(this.#kubectl, args, { env: { KUBECONFIG: as }, input });
  }

  /** Creates objects; fails with the server's words. */
  async create(namespace: string, ...objects: readonly JsonObject[]): Promise<void> {
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    await runWell(this.#kubectl, ['-n', namespace, 'create', '-f', '-'], {
      env: { KUBECONFIG: this.kubeconfig },
      input,
    });
  }

  /** A value of an object by kubectl's JSONPath without braces (`.status.phase`); empty when there is none. */
  get(namespace: string, object: string, path: string): Promise<string> {
    return this.kubectl('-n', namespace, 'get', object, '-o', `jsonpath={${path}}`);
  }

  /** A fresh namespace; `close` deletes it. */
  async namespace(options: NamespaceOptions = {}): Promise<string> {
    const name = `t-${randomBytes(5).toString('hex')}`;
    await this.kubectl('create', 'namespace', name);
    this.#namespaces.push(name);
    const { enforce } = options;
    if (enforce !== undefined) await this.kubectl('label', 'ns', name, `pod-security.kubernetes.io/enforce=${enforce}`);
    // Pods are refused until its service account is there.
    await this.kubectl('-n', name, 'wait', '--for=create', 'serviceaccount/default', '--timeout=180s');
    return name;
  }

  /** A command of the rig, `test/cluster/rig/<name>.sh`: `fault('kill', 'kube-apiserver')`, then `fault('start', ...)`. */
  fault(name: string, ...args: readonly string[]): Promise<string> {
    return runWell(join(this.rig.scripts, `${name}.sh`), args, { env: { ILAB_TEST_RIG: this.rig.root } });
  }

  /** The path of a kubeconfig for a user without any right. */
  async user(name: string, ...groups: readonly string[]): Promise<string> {
    return (await this.fault('user', name, ...groups)).trim();
  }

  async isReady(): Promise<boolean> {
    return (await this.tryKubectl(['get', '--raw', '/readyz', '--request-timeout=5s'])).code === 0;
  }

  async close(): Promise<void> {
    const names = this.#namespaces.splice(0);
    if (names.length > 0) await this.kubectl('delete', 'namespace', ...names, '--wait=false', '--ignore-not-found');
  }

  get #kubectl(): string {
    return this.#rig?.kubectl ?? 'kubectl';
  }
}

let shared: Cluster | undefined;

/** The cluster of this test file; skips, by the name that people see, where there is none. */
export function requireCluster(skip: Skip): Cluster {
  const place = locateCluster();
  if (place === undefined) return missing(skip, NEEDS_CLUSTER);
  shared ??= new Cluster(place);
  return shared;
}

/** The same where the test needs the rig's own commands. */
export function requireRig(skip: Skip): Cluster {
  const cluster = requireCluster(skip);
  return cluster.isRig ? cluster : missing(skip, NEEDS_RIG);
}

function missing(skip: Skip, note: string): never {
  if (REQUIRED) throw new Error(`${note}: npm run cluster:up`);
  skip(note);
  throw new Error(note); // `skip` has ended the test
}

/**
 * For the top of a test file: skips its tests where no cluster is or answers, deletes its namespaces at the end. The result
 * may be called from hooks and tests.
 */
export function clusterOfFile({ needsRig = false } = {}): () => Cluster {
  const find = needsRig ? requireRig : requireCluster;
  let silent = false;
  beforeAll(async () => {
    const place = locateCluster();
    if (place === undefined) return;
    silent = !(await new Cluster(place).isReady());
    if (silent) console.warn(`The cluster of ${place.kubeconfig} does not answer: npm run cluster:up`);
  });
  beforeEach(({ skip }) => {
    if (silent) missing(skip, NEEDS_CLUSTER);
    find(skip);
  });
  afterAll(async () => shared?.close());
  return () => find((note) => note);
}
