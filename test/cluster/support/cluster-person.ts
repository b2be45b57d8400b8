import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { PACKAGE_ROOT } from '../../config/harness.ts';
import { type Finished, run } from './command.ts';
import { programImage } from './program-image.ts';

const LAUNCHER = join(PACKAGE_ROOT, 'bin/ilab-backend.js');

/** Somebody at a machine of their own, with an empty state folder, who reaches a namespace with a kubeconfig. */
export class ClusterPerson {
  readonly folder = mkdtempSync(join(tmpdir(), 'ilab-person-'));
  readonly project = join(this.folder, 'project');
  readonly namespace: string;
  /** The person's own copy. */
  readonly kubeconfig = join(this.folder, 'kubeconfig');
  readonly #env: Readonly<Record<string, string>>;

  private constructor(kubeconfig: string, namespace: string, image: string) {
    this.namespace = namespace;
    mkdirSync(this.project);
    // A copy: the person's own file, which a test may take away.
    cpSync(kubeconfig, this.kubeconfig);
    this.#env = {
      KUBECONFIG: this.kubeconfig,
      HOME: this.folder,
      ILAB_BACKEND_STATE_DIR: join(this.folder, 'state'),
      ILAB_BACKEND_IMAGE: image,
      ILAB_BACKEND_PROJECT: this.project,
    };
    this.#write(2);
  }

  /** `namespace`: where the person works. The image is that of the program as it is on the nodes. Leaves with the test. */
  static async ofTest(kubeconfig: string, namespace: string): Promise<ClusterPerson> {
    const person = new ClusterPerson(kubeconfig, namespace, await programImage());
    onTestFinished(() => rmSync(person.folder, { recursive: true, force: true }));
    return person;
  }

  /** The first stage of the pipeline takes so many seconds. */
  slow(seconds: number): this {
    return this.ask({ PARAM_SECONDS: String(seconds) });
  }

  /** The first stage has more environment. */
  ask(variables: Readonly<Record<string, string>>): this {
    const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
    const patch = { spec: { template: { spec: { containers: [{ name: 'main', env }] } } } };
    this.#write(2, `overlays: ${JSON.stringify({ greet: [{ kind: 'Job', patch }] })}\n`);
    return this;
  }

  /** Every pod has these settings. */
  settle(pod: JsonObject): this {
    this.#write(2, `pod: ${JSON.stringify(pod)}\n`);
    return this;
  }

  /** Types a command of the program, in this person's namespace. */
  type(...args: readonly string[]): Promise<Finished> {
    return this.typeWith({}, ...args);
  }

  typeWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Finished> {
    return run(LAUNCHER, [...args, '-n', this.namespace], { env: { ...this.#env, ...env } });
  }

  /** The same, where anything but success is a failure of the test. */
  async do(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.type(...args);
    if (code !== 0) throw new Error(`ilab-backend ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  #write(times: number, more = ''): void {
    const file = join(this.project, 'ilab-backend.yaml');
    const head = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: hello\n';
    writeFileSync(file, `${head}params: { name: you, greet: { times: ${times} } }\n${more}`);
  }
}
