import { afterEach, beforeEach, expect, type TestContext, vi } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { acting } from '../../e2e/act-pipeline.ts';
import { type ClusterActOptions, DONE, Workspace, writeActProject } from './act-on-cluster.ts';
import { type Cluster, clusterOfFile, type NamespaceOptions } from './cluster.ts';
import { until } from './command.ts';
import { Machine, type Program } from './machine.ts';
import type { WholeRun } from './whole-run.ts';

/** What tests of the pipeline `act` on the rig share: a namespace of their own and machines that know nothing. */
export class HereAndThere {
  readonly #find: () => Cluster;
  readonly #machines: Machine[] = [];
  namespace = '';
  #workspace: Workspace | undefined;

  private constructor(find: () => Cluster) {
    this.#find = find;
  }

  /** For the top of a test file; a program that never ends costs one test its time, and not the suite. */
  static ofFile(options: NamespaceOptions = {}): HereAndThere {
    vi.setConfig({ testTimeout: 420_000 });
    const place = new HereAndThere(clusterOfFile({ needsRig: true }));
    beforeEach(() => place.#settle(options));
    afterEach(() => place.#leave());
    return place;
  }

  /** The same for tests that run at one time: each asks for a place of its own. */
  static ofEach(): (test: Pick<TestContext, 'onTestFinished'>) => Promise<HereAndThere> {
    vi.setConfig({ testTimeout: 420_000 });
    const find = clusterOfFile({ needsRig: true });
    return async ({ onTestFinished }) => {
      const place = new HereAndThere(find);
      onTestFinished(() => place.#leave());
      await place.#settle({});
      return place;
    };
  }

  get cluster(): Cluster {
    return this.#find();
  }

  get workspace(): Workspace {
    if (this.#workspace === undefined) throw new Error('only within a test');
    return this.#workspace;
  }

  async #settle(options: NamespaceOptions): Promise<void> {
    this.namespace = await this.cluster.namespace(options);
    this.#workspace = new Workspace(this.cluster, this.namespace);
  }

  #leave(): void {
    for (const machine of this.#machines.splice(0)) machine.leave();
  }

  /** With a project whose pipeline is `act`; `kubeconfig`: another person's, or through a proxy. */
  machine(options: ClusterActOptions = {}, kubeconfig = this.cluster.kubeconfig): Machine {
    const machine = new Machine(kubeconfig, this.namespace);
    this.#machines.push(machine);
    writeActProject(machine.person, options);
    return machine;
  }

  /** The run `week` here, for `expectWhole`: as a machine sees it that was not there. */
  week(): WholeRun {
    const { cluster, namespace, workspace } = this;
    return { run: 'week', cluster, namespace, workspace, machine: this.machine() };
  }

  /** The kubeconfig of somebody with the rights that `rbac` prints with these flags, but for some resources. */
  async person(name: string, flags: readonly string[], without: readonly string[] = []): Promise<string> {
    await this.allow([...flags, '--for', `user:${name}`], without);
    return this.cluster.user(name);
  }

  /** Applies what `rbac act` prints with these flags, but for the rights to some resources. */
  async allow(flags: readonly string[], without: readonly string[] = []): Promise<void> {
    const printed = await this.machine().on('rbac', 'act', ...flags);
    expect(printed.exitCode, printed.stderr).toBe(0);
    const objects = parseAllDocuments(printed.stdout).map((document) => document.toJS());
    for (const { rules = [] } of objects) {
      for (const rule of rules) rule.resources = rule.resources?.filter((one: string) => !without.includes(one));
    }
    const input = objects.map((object) => stringify(object)).join('---\n');
    const { code, stderr } = await this.cluster.tryKubectl(['apply', '-f', '-'], { input });
    expect(code, stderr).toBe(0);
  }

  /** kubectl in the namespace. */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl('-n', this.namespace, ...args);
  }

  /** A value of an object by JSONPath without braces. */
  get(object: string, path: string): Promise<string> {
    return this.cluster.get(this.namespace, object, path);
  }

  /** Seconds by the cluster's own clock from a Job's creation until it had failed. */
  async secondsToFail(job: string): Promise<number> {
    const failed = await until(`the end of ${job}`, async () => {
      const at = await this.get(`job/${job}`, '.status.conditions[?(@.type=="Failed")].lastTransitionTime');
      return at === '' ? undefined : at;
    });
    return (Date.parse(failed) - Date.parse(await this.get(`job/${job}`, '.metadata.creationTimestamp'))) / 1000;
  }

  /** What there is of the kinds that a run is made of, but for what every namespace has. */
  async objects(): Promise<readonly string[]> {
    const names = (await this.kubectl('get', 'jobs,cm,lease,pvc', '-o', 'name')).split('\n');
    return names.filter((name) => name !== '' && name !== 'configmap/kube-root-ca.crt');
  }

  /** The names of all Jobs, sorted. */
  async jobs(): Promise<readonly string[]> {
    const names = await this.kubectl('get', 'jobs', '-o', 'jsonpath={.items[*].metadata.name}');
    return names.split(' ').filter((name) => name !== '');
  }
}

/** The line that starts the run `week`, telling its events; `name`: where there is more than one. */
export function week(act: string, after = DONE, name = 'week'): readonly string[] {
  return ['run', 'act', '--name', name, ...acting(act, after), '-o', 'json'];
}

/** Resumes it somewhere else. */
export function resumed(machine: Machine): Program {
  return machine.begin('resume', 'week', '-o', 'json');
}
