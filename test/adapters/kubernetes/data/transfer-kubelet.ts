import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  at,
  type ByteStream,
  KubeFault,
  type KubeObject,
  listAt,
  type ProxyRequest,
  RESOURCES,
  textAt,
} from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';
import { type RunningJobs, runJobs } from '../../../fakes/memory-cluster/run-jobs.ts';
import type { PodScript } from '../../../fakes/memory-cluster/run-pod.ts';

/** As `npm test` built it: from its sources it starts in three times the time of the processor. */
const ENTRY = resolve(import.meta.dirname, '../../../../dist/transfer.js');

/** What happens to a request on its way; called for each. */
export type Network = (request: ProxyRequest) => {
  /** The answer is cut after so many bytes of its body. */
  readonly cutAfter?: number;
  /** The same, and it looks like an end. */
  readonly endAfter?: number;
  /** The pod gets the request, and nobody hears what it says. */
  readonly loseAnswer?: boolean;
  /** The pod does not get it. */
  readonly loseRequest?: boolean;
  /** Somebody on the way answers. */
  readonly answer?: ByteStream;
  /** Somebody on the way changes the answer's bytes. */
  readonly spoil?: (bytes: Buffer) => Buffer;
};

interface Running {
  readonly child: ChildProcess;
  readonly port: Promise<number>;
  readonly exited: Promise<{ readonly code: number; readonly message: string }>;
}

/** Runs the program of the transfer pod as a real process for each transfer Job of a cluster in memory. */
export class TransferKubelet {
  network: Network = () => ({});
  readonly #cluster: MemoryCluster;
  readonly #root: string;
  readonly #scratch: string;
  readonly #jobs: RunningJobs;
  readonly #running = new Map<string, Running>();
  readonly #leave: () => void;
  started = 0;

  constructor(cluster: MemoryCluster, options: { readonly root: string; readonly scratch: string }) {
    this.#cluster = cluster;
    this.#root = options.root;
    this.#scratch = options.scratch;
    this.#jobs = runJobs(cluster, (job) => this.#script(job));
    cluster.onProxy = (pod, request, signal) => this.#forward(pod, request, signal);
    this.#leave = cluster.table.listen(({ kind, resource, object }) => {
      if (resource.plural !== 'pods') return;
      if (kind === 'deleted' || object.metadata['deletionTimestamp'] !== undefined) {
        this.#running.get(jobUid(object))?.child.kill('SIGTERM');
      }
    });
  }

  /** `kill -9` of every server. */
  async killAll(): Promise<void> {
    const alive = [...this.#running.values()].filter(
      ({ child }) => child.exitCode === null && child.signalCode === null,
    );
    for (const { child } of alive) child.kill('SIGKILL');
    await Promise.all(alive.map(({ exited }) => exited));
  }

  get alive(): number {
    return [...this.#running.values()].filter(({ child }) => child.exitCode === null && child.signalCode === null)
      .length;
  }

  async stop(): Promise<void> {
    this.#leave();
    this.#jobs.stop();
    await this.killAll();
  }

  #script(job: KubeObject): PodScript {
    this.started += 1;
    const [container] = listAt(job, 'spec', 'template', 'spec', 'containers');
    const args = (at(container, 'args') ?? []) as readonly string[];
    const env = Object.fromEntries(listAt(container, 'env').map(({ name, value }) => [name, String(value)]));
    const created = this.#mounted(job).then((pieces) => {
      const fixed = ['--root', this.#root, '--pieces', pieces, '--host', '127.0.0.1', '--port', '0'];
      const running = start([...args, ...fixed], env);
      this.#running.set(job.metadata.uid, running);
      return running;
    });
    let ended = { code: 0, message: '' };
    const until = created.then(async ({ exited }) => {
      ended = await exited;
    });
    return {
      waiting: { reason: 'ContainerCreating', message: '', until: created.then(({ port }) => port) },
      until,
      get exitCode() {
        return ended.code;
      },
      get message() {
        return ended.message;
      },
    };
  }

  /** Waits for the ConfigMaps that the pod mounts and writes their contents as the kubelet does. */
  async #mounted(job: KubeObject): Promise<string> {
    const folder = join(this.#scratch, job.metadata.uid);
    mkdirSync(folder, { recursive: true });
    const volumes = listAt(job, 'spec', 'template', 'spec', 'volumes');
    const sources = volumes.flatMap((volume) => listAt(volume, 'projected', 'sources'));
    for (const { configMap } of sources) {
      const map = await this.#configMap(textAt(configMap, 'name') ?? '');
      for (const item of listAt(configMap, 'items')) {
        const data = textAt(map, 'binaryData', textAt(item, 'key') ?? '') ?? '';
        writeFileSync(join(folder, textAt(item, 'path') ?? ''), Buffer.from(data, 'base64'));
      }
    }
    return folder;
  }

  async #configMap(name: string): Promise<JsonObject> {
    const find = () => this.#cluster.objects(RESOURCES.configMaps).find((map) => map.metadata.name === name);
    const found = find();
    if (found !== undefined) return found;
    return new Promise((done) => {
      const leave = this.#cluster.table.listen(() => {
        const map = find();
        if (map === undefined) return;
        leave();
        done(map);
      });
    });
  }

  async #forward(pod: KubeObject, request: ProxyRequest, signal: AbortSignal): Promise<ByteStream> {
    const fate = this.network(request);
    if (fate.answer !== undefined) return fate.answer;
    const port = await this.#running.get(jobUid(pod))?.port;
    if (port === undefined || fate.loseRequest === true) throw cut('server');
    const response = await send(port, request, signal);
    if (fate.loseAnswer === true) {
      response.resume();
      await once(response, 'close');
      throw cut(request.method === 'GET' ? 'unreachable' : 'ambiguous');
    }
    const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
    return { status: response.statusCode ?? 0, headers, body: bodyOf(response, fate) };
  }
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [ENTRY, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let message = '';
  child.stderr.on('data', (data: Buffer) => {
    message = (message + data.toString()).slice(-4096);
  });
  const exited = once(child, 'close').then(([code]) => ({ code: (code as number | null) ?? 137, message }));
  const port = new Promise<number>((done) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = /port (\d+)$/.exec(line)?.[1];
      if (found !== undefined) done(Number(found));
    });
    exited.then(() => done(0));
  });
  return { child, port, exited };
}

async function send(port: number, request: ProxyRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, path, headers, body } = request;
  try {
    const sending = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...headers },
      signal,
      agent: false,
    });
    // A server that died in the middle of an answer says so to who reads the body.
    sending.on('error', () => undefined);
    if (body instanceof Uint8Array) sending.end(body);
    else if (body === undefined) sending.end();
    else throw new Error('nobody sends streams here');
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    throw cut(method === 'GET' ? 'server' : 'ambiguous', error);
  }
}

async function* bodyOf(response: IncomingMessage, fate: ReturnType<Network>): AsyncIterable<Uint8Array> {
  let left = fate.cutAfter ?? fate.endAfter ?? Number.POSITIVE_INFINITY;
  for await (const part of response as AsyncIterable<Buffer>) {
    const bytes = fate.spoil?.(part) ?? part;
    yield bytes.subarray(0, left);
    left -= bytes.length;
    if (left < 0 && fate.endAfter !== undefined) return;
    if (left < 0) throw new Error('the connection was cut');
  }
}

function cut(kind: KubeFault['kind'], cause?: unknown): KubeFault {
  return new KubeFault(kind, 'the connection was cut', { request: 'proxy', cause });
}

function jobUid(pod: KubeObject): string {
  return textAt(listAt(pod, 'metadata', 'ownerReferences')[0], 'uid') ?? '';
}
