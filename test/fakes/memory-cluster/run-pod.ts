import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { type KubeObject, listAt, RESOURCES, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { MemoryCluster } from './memory-cluster.ts';

/** What one container does. */
export interface ContainerScript {
  readonly log?: string;
  /** Absent = 0. */
  readonly exitCode?: number;
  readonly signal?: number;
  /** `OOMKilled`, `Error`; absent = what the exit code implies. */
  readonly reason?: string;
  /** The termination message. */
  readonly message?: string;
  /** The container ends when it resolves. */
  readonly until?: Promise<unknown>;
}

/** What the pod of a Job does; empty = it succeeds at once and says nothing. */
export interface PodScript extends ContainerScript {
  /** Scripts of containers that are not the first one. */
  readonly containers?: Readonly<Record<string, ContainerScript>>;
  /** It waits unscheduled for this reason until `until` of this part resolves. */
  readonly unschedulable?: { readonly message: string; readonly until?: Promise<unknown> };
  /** Its first container waits (`ErrImagePull`, ...) until `until` of this part resolves. */
  readonly waiting?: { readonly reason: string; readonly message: string; readonly until?: Promise<unknown> };
  /** The pod's own reason when it failed: `Evicted`, `DeadlineExceeded`. */
  readonly podReason?: string;
  /** More pod conditions at the end: `DisruptionTarget`. */
  readonly conditions?: readonly JsonObject[];
  /** Why the Job failed; absent = `BackoffLimitExceeded`. */
  readonly jobReason?: string;
}

export interface PodEnding {
  /** `deleted`: somebody took it away. `stopped`: the test ended the kubelet. */
  readonly kind: 'succeeded' | 'failed' | 'deleted' | 'stopped';
}

const WRITING = { request: 'the kubelet', manager: 'kubelet' };
const NODE = 'node-1';

/** Takes a pod from Pending to its end, one state a turn, so that whoever watches sees each. */
export async function runPod(
  cluster: MemoryCluster,
  pod: KubeObject,
  script: PodScript,
  stop: AbortSignal,
): Promise<PodEnding> {
  const run = new PodRun(cluster, pod, stop);
  try {
    await run.wait(turn());
    await run.schedule(script);
    await run.start(script);
    return await run.finish(script);
  } catch (error) {
    if (error instanceof PodGone) return { kind: error.kind };
    throw error;
  } finally {
    run.leave();
  }
}

class PodGone extends Error {
  readonly kind: 'deleted' | 'stopped';
  constructor(kind: 'deleted' | 'stopped') {
    super(kind);
    this.kind = kind;
  }
}

class PodRun {
  readonly #cluster: MemoryCluster;
  readonly #namespace: string;
  readonly #name: string;
  readonly #uid: string;
  readonly #gone: Promise<never>;
  #goneKind: 'deleted' | 'stopped' | undefined;
  readonly leave: () => void;
  readonly #containers: readonly JsonObject[];
  readonly #inits: readonly JsonObject[];
  readonly #states = new Map<string, JsonObject>();
  readonly #ids = new Map<string, string>();

  constructor(cluster: MemoryCluster, pod: KubeObject, stop: AbortSignal) {
    this.#cluster = cluster;
    this.#namespace = textAt(pod, 'metadata', 'namespace') ?? '';
    this.#name = pod.metadata.name;
    this.#uid = pod.metadata.uid;
    this.#containers = listAt(pod, 'spec', 'containers');
    this.#inits = listAt(pod, 'spec', 'initContainers');
    const { promise, reject } = Promise.withResolvers<never>();
    this.#gone = promise;
    promise.catch(() => undefined);
    const end = (kind: 'deleted' | 'stopped'): void => {
      this.#goneKind ??= kind;
      reject(new PodGone(kind));
    };
    const onStop = (): void => end('stopped');
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    const leave = cluster.table.listen(({ kind, object }) => {
      if (object.metadata.uid !== this.#uid) return;
      if (kind === 'deleted') end('deleted');
      else if (object.metadata['deletionTimestamp'] !== undefined && this.#goneKind === undefined) {
        end('deleted');
        // SIGTERM, then the kubelet confirms that nothing runs any more.
        setImmediate(() =>
          cluster.table.delete(RESOURCES.pods, this.#namespace, this.#name, { uid: this.#uid, now: true }),
        );
      }
    });
    this.leave = () => {
      leave();
      stop.removeEventListener('abort', onStop);
    };
  }

  /** Waits for something, but no longer than the pod is there. */
  wait(what: Promise<unknown>): Promise<unknown> {
    return Promise.race([what, this.#gone]);
  }

  async schedule({ unschedulable }: PodScript): Promise<void> {
    if (unschedulable !== undefined) {
      const { message } = unschedulable;
      this.#write('Pending', [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }], {});
      await this.wait(unschedulable.until ?? new Promise(() => undefined));
    }
    this.#spec({ nodeName: NODE });
    this.#write('Pending', [{ type: 'PodScheduled', status: 'True' }], {});
    await this.wait(turn());
  }

  async start(script: PodScript): Promise<void> {
    const [first] = this.#containers;
    if (script.waiting !== undefined && first !== undefined) {
      const { reason, message } = script.waiting;
      this.#states.set(String(first['name']), { waiting: { reason, message } });
      this.#write('Pending', [{ type: 'PodScheduled', status: 'True' }], {});
      await this.wait(script.waiting.until ?? new Promise(() => undefined));
      this.#states.clear();
    }
    for (const init of this.#inits) {
      const name = String(init['name']);
      this.#run(name);
      if (init['restartPolicy'] === 'Always') continue;
      await this.#play(name, script.containers?.[name] ?? {});
    }
    for (const container of this.#containers) this.#run(String(container['name']));
    this.#write(
      'Running',
      [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
      {},
    );
    await this.wait(turn());
  }

  async finish(script: PodScript): Promise<PodEnding> {
    const codes = await Promise.all(
      this.#containers.map((container, index) => {
        const name = String(container['name']);
        return this.#play(name, index === 0 ? script : (script.containers?.[name] ?? {}));
      }),
    );
    for (const init of this.#inits) {
      if (init['restartPolicy'] === 'Always') await this.#play(String(init['name']), { exitCode: 0 });
    }
    const success = codes.every((code) => code === 0) && script.podReason === undefined;
    const reason = script.podReason === undefined ? {} : { reason: script.podReason };
    this.#write(success ? 'Succeeded' : 'Failed', script.conditions ?? [], reason);
    return { kind: success ? 'succeeded' : 'failed' };
  }

  #run(name: string): void {
    this.#ids.set(name, `containerd://${randomUUID().replaceAll('-', '')}`);
    this.#states.set(name, { running: { startedAt: this.#seconds() } });
    this.#write('Pending', [{ type: 'PodScheduled', status: 'True' }], {});
  }

  async #play(name: string, script: ContainerScript): Promise<number> {
    if (script.log !== undefined) this.#cluster.logs.append(this.#uid, name, script.log, this.#cluster.now());
    await this.wait(script.until ?? turn());
    const exitCode = script.exitCode ?? (script.signal === undefined ? 0 : 128 + script.signal);
    const running = this.#states.get(name)?.['running'];
    this.#states.set(name, {
      terminated: {
        exitCode,
        reason: script.reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
        ...(script.message === undefined ? {} : { message: script.message }),
        ...(script.signal === undefined ? {} : { signal: script.signal }),
        ...(typeof running === 'object' ? (running as JsonObject) : {}),
        finishedAt: this.#seconds(),
        containerID: this.#ids.get(name) ?? '',
      },
    });
    this.#cluster.logs.end(this.#uid, name);
    return exitCode;
  }

  #write(phase: string, conditions: readonly JsonObject[], more: JsonObject): void {
    this.#replace((pod) => ({
      ...pod,
      status: {
        phase,
        conditions,
        ...more,
        ...(phase === 'Pending' ? {} : { startTime: this.#seconds() }),
        containerStatuses: this.#containers.map((container) => this.#status(container)),
        ...(this.#inits.length === 0 ? {} : { initContainerStatuses: this.#inits.map((init) => this.#status(init)) }),
      },
    }));
  }

  #status(container: JsonObject): JsonObject {
    const name = String(container['name']);
    const state = this.#states.get(name) ?? { waiting: { reason: 'ContainerCreating' } };
    const id = this.#ids.get(name);
    return {
      name,
      image: container['image'] ?? '',
      restartCount: 0,
      ready: 'running' in state,
      started: 'running' in state,
      state,
      ...(id === undefined ? {} : { containerID: id }),
    };
  }

  #spec(more: JsonObject): void {
    this.#replace((pod) => ({ ...pod, spec: { ...(pod['spec'] as JsonObject), ...more } }));
  }

  #replace(change: (pod: KubeObject) => JsonObject): void {
    if (this.#goneKind !== undefined) throw new PodGone(this.#goneKind);
    const pod = this.#cluster.table.get(RESOURCES.pods, this.#namespace, this.#name);
    if (pod === undefined) throw new PodGone('deleted');
    this.#cluster.table.replace(RESOURCES.pods, this.#namespace, change(pod), WRITING);
  }

  #seconds(): string {
    return `${new Date(this.#cluster.now()).toISOString().slice(0, 19)}Z`;
  }
}
