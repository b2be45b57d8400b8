import type { JsonObject } from '../../../src/domain/json.ts';
import type { Cluster } from './cluster.ts';
import { until } from './command.ts';

/* A PyTorchJob on a cluster that has no operator for it: the test does what the operator would. */

export const PYTORCH_JOBS: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'pytorchjobs.kubeflow.org' },
  spec: {
    group: 'kubeflow.org',
    scope: 'Namespaced',
    names: { kind: 'PyTorchJob', plural: 'pytorchjobs', singular: 'pytorchjob' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

const replica = (count: number): string => `
      replicas: ${count}
      restartPolicy: Never
      template:
        metadata: { $include: pod-metadata.yaml }
        spec:
          $include: pod.yaml
          containers:
            - $include: main.yaml
              name: pytorch
              image: \${image}
              command: [sh, -c, 'eval "$PARAM_SCRIPT"']`;

/** The template of a stage as a master and two workers. */
export const GROUP = `# values: params, stage, image, pod, run, attempt, inputs, outputs
$include: params.yaml
---
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: { $include: metadata.yaml }
spec:
  runPolicy:
    suspend: { $include: suspended.yaml }
    cleanPodPolicy: Running
  pytorchReplicaSpecs:
    Master:${replica(1)}
    Worker:${replica(2)}
`;

interface Replica {
  readonly replicas: number;
  readonly template: { readonly metadata: JsonObject & { readonly labels: JsonObject }; readonly spec: JsonObject };
}

/** The operator of one PyTorchJob. */
export class PyTorchOperator {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #name: string;

  constructor(cluster: Cluster, namespace: string, name: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#name = name;
  }

  /** Waits for it, and makes its pods, named and labelled as the operator does. */
  async makePods(): Promise<void> {
    const { metadata, spec } = await until('the PyTorchJob', async () => {
      const { code, stdout } = await this.#try('get', 'pytorchjob', this.#name, '-o', 'json');
      return code === 0 ? JSON.parse(stdout) : undefined;
    });
    const owner = {
      apiVersion: 'kubeflow.org/v1',
      kind: 'PyTorchJob',
      name: this.#name,
      uid: metadata.uid,
      controller: true,
    };
    const replicas: readonly (readonly [string, Replica])[] = Object.entries(spec.pytorchReplicaSpecs);
    const pods = replicas.flatMap(([type, { replicas: count, template }]) =>
      Array.from({ length: count }, (_, index): JsonObject => {
        const member = { 'replica-type': type.toLowerCase(), 'replica-index': String(index), 'job-name': this.#name };
        const labels = Object.fromEntries(
          Object.entries(member).map(([key, value]) => [`training.kubeflow.org/${key}`, value]),
        );
        return {
          ...{ apiVersion: 'v1', kind: 'Pod', spec: template.spec },
          metadata: {
            ...template.metadata,
            name: `${this.#name}-${type.toLowerCase()}-${index}`,
            labels: { ...template.metadata.labels, ...labels },
            ownerReferences: [owner],
          },
        };
      }),
    );
    await this.#cluster.create(this.#namespace, ...pods);
    await this.say('Created', 'Running');
  }

  /** Its conditions from now on, all of them true. */
  async say(...types: readonly string[]): Promise<void> {
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    const message = `PyTorchJob ${this.#name} is ${types.at(-1)}.`;
    const conditions = types.map((type) => ({
      type,
      status: 'True',
      reason: `PyTorchJob${type}`,
      message,
      lastTransitionTime,
    }));
    const patch = JSON.stringify({ status: { conditions } });
    await this.#cluster.kubectl(
      ...['-n', this.#namespace, 'patch', 'pytorchjob', this.#name],
      ...['--subresource=status', '--type=merge', '-p', patch],
    );
  }

  #try(...args: readonly string[]) {
    return this.#cluster.tryKubectl(['-n', this.#namespace, ...args]);
  }
}
