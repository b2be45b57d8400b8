import type { ByteStream, KubeApi, LogQuery } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { KubeFault } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { Changes } from '../../../../src/adapters/kubernetes/logs/changes.ts';
import type { FollowTiming } from '../../../../src/adapters/kubernetes/logs/follow-timing.ts';
import type { ContainerState, PodState } from '../../../../src/adapters/kubernetes/logs/pod-state.ts';

export const QUICK: FollowTiming = {
  firstPause: 1,
  longestPause: 5,
  poll: 2,
  quiet: 60_000,
  quietAfterEnd: 60_000,
  silentNode: 60_000,
  check: 0,
  checkAtLeast: 0,
  takeOver: 2,
};

/** How a connection is treated that reads on; what is absent goes as it should. */
export interface Fault {
  /** Bytes after which it ends. */
  readonly cutAt?: number;
  /** The end looks like the end of the log. */
  readonly isClean?: boolean;
  /** Sent at the end, by the kubelet. */
  readonly says?: string;
  readonly refuse?: KubeFault;
  /** What the API server says of a pod that has no node: nothing, as a success (204). */
  readonly isNowhere?: boolean;
  readonly chunk?: number;
}

/** The log of one run of a container as its node keeps it: whole lines as they are sent. */
export class FakeContainer {
  readonly lines: Buffer[] = [];
  previous: readonly Buffer[] = [];
  /** Lines that rotation took away. */
  base = 0;
  state: ContainerState = { name: 'main', restart: 0, kind: 'waiting' };

  write(...lines: readonly (string | Buffer)[]): void {
    this.lines.push(...lines.map((line) => Buffer.from(line)));
  }
}

export interface Asked extends LogQuery {
  readonly pod: string;
}

/** Pods of an attempt and the server that gives their logs, with faults for one connection after the other. */
export class FakeKubelet implements Pick<KubeApi, 'log' | 'heardAt'> {
  readonly containers = new Map<string, FakeContainer>();
  readonly asked: Asked[] = [];
  /** How often the first line of the newest file was asked for. */
  heads = 0;
  readonly faults: Fault[] = [];
  /** That of each connection for which `faults` has none. */
  lasting: Fault = {};
  /** As if other requests were answered all the time. */
  heardAt: () => number | undefined = () => performance.now();
  open = 0;
  mostOpen = 0;
  readonly #changes = new Changes();
  readonly #never = new AbortController().signal;
  #pods: readonly PodState[] = [];
  #isOver = false;

  container(pod: string, name = 'main'): FakeContainer {
    const key = `${pod}/${name}`;
    const found = this.containers.get(key) ?? new FakeContainer();
    if (!this.containers.has(key)) {
      found.state = { name, restart: 0, kind: 'waiting' };
      this.containers.set(key, found);
    }
    return found;
  }

  /** Tells who watches how the containers are now. */
  tell(over = false): void {
    const byPod = Map.groupBy(this.containers, ([key]) => key.split('/')[0] as string);
    this.#pods = [...byPod].map(([name, all]) => ({
      name,
      uid: `uid-${name}`,
      node: 'node-1',
      containers: all.map(([, { state }]) => state),
    }));
    this.#isOver = over;
    this.#changes.tell();
  }

  /** Every container ends, and the attempt with them. */
  end(): void {
    for (const container of this.containers.values()) container.state = { ...container.state, kind: 'ended' };
    this.tell(true);
  }

  remove(pod: string): void {
    for (const key of [...this.containers.keys()]) if (key.startsWith(`${pod}/`)) this.containers.delete(key);
    this.tell();
  }

  async *states(): AsyncGenerator<readonly PodState[]> {
    for (let last: readonly PodState[] | undefined; ; ) {
      if (last !== this.#pods) {
        last = this.#pods;
        yield last;
      } else if (this.#isOver) return;
      else await this.#changes.next(this.#never);
    }
  }

  async log(pod: string, query: LogQuery, signal: AbortSignal): Promise<ByteStream> {
    const isHead = query.limitBytes !== undefined;
    const isLook = isHead || query.tailLines !== undefined;
    const fault = isLook ? {} : (this.faults.shift() ?? this.lasting);
    if (isHead) this.heads += 1;
    else this.asked.push({ pod, ...query });
    if (fault.refuse !== undefined) throw fault.refuse;
    if (fault.isNowhere === true) return { status: 204, headers: {}, body: nothing() };
    const found = this.containers.get(`${pod}/${query.container}`);
    if (found === undefined)
      throw new KubeFault('not-found', `pods "${pod}" not found`, { request: `get log of ${pod}`, status: 404 });
    return { status: 200, headers: {}, body: this.#body(found, query, fault, signal) };
  }

  async *#body(
    container: FakeContainer,
    query: LogQuery,
    fault: Fault,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    this.open += query.follow ? 1 : 0;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      let [at, left] = [0, fault.cutAt ?? query.limitBytes ?? Number.POSITIVE_INFINITY];
      for (;;) {
        // One that has been rotated away is passed over in silence.
        const all = query.previous === true ? container.previous : container.lines;
        const from = query.previous === true ? at : Math.max(at, container.base);
        const newest = all.slice(from).filter((line) => isSince(line, query.sinceTime));
        const lines = query.tailLines === undefined ? newest : newest.slice(-query.tailLines);
        const bytes = Buffer.concat(lines).subarray(0, left);
        at = Math.max(at, all.length);
        left -= bytes.length;
        const step = fault.chunk ?? 65_536;
        for (let sent = 0; sent < bytes.length; sent += step) yield bytes.subarray(sent, sent + step);
        if (left === 0) break;
        if (!query.follow || container.state.kind !== 'running' || fault.isClean || fault.says !== undefined) break;
        await this.#changes.next(signal);
        signal.throwIfAborted();
      }
      if (fault.says !== undefined) yield Buffer.from(fault.says);
      if (fault.cutAt !== undefined && fault.isClean !== true) throw new Error('socket hang up');
    } finally {
      this.open -= query.follow ? 1 : 0;
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function isSince(line: Buffer, since: string | undefined): boolean {
  return since === undefined || Date.parse(line.toString('latin1', 0, 19).concat('Z')) >= Date.parse(since);
}

/** A stamped line, the nth 10 ms after the one before. */
export function line(nth: number, text: string | Buffer = `line ${nth}`, end = '\n'): Buffer {
  const time = new Date(Date.UTC(2026, 0, 1) + nth * 10).toISOString().slice(0, -1);
  return Buffer.concat([Buffer.from(`${time}000001Z `), Buffer.from(text), Buffer.from(end)]);
}
