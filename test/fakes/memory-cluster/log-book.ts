import type { ByteStream, LogQuery } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { Bell } from '../bell.ts';

interface Line {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly bytes: Buffer;
}

interface ContainerLog {
  readonly lines: Line[];
  ended: boolean;
}

/** The logs that kubelets keep, one a pod and container, and the connections that follow them. */
export class LogBook {
  readonly #logs = new Map<string, ContainerLog>();
  readonly #changed = new Bell();
  #cuts = 0;

  /** Adds text as the runtime does: each line gets its time; a last line without its end stays so. */
  append(podUid: string, container: string, text: string, now: number): void {
    const log = this.#of(podUid, container);
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      // A runtime stamps with nanoseconds, so that two lines of one millisecond differ.
      const nanoseconds = String(log.lines.length % 1_000_000).padStart(6, '0');
      const stamp = new Date(now).toISOString().replace('Z', `${nanoseconds}Z`);
      log.lines.push({ time: now, bytes: Buffer.from(`${stamp} ${line}`) });
    }
    this.#changed.ring();
  }

  end(podUid: string, container: string): void {
    this.#of(podUid, container).ended = true;
    this.#changed.ring();
  }

  forget(podUid: string): void {
    for (const [key, log] of this.#logs) {
      if (!key.startsWith(`${podUid}/`)) continue;
      log.ended = true;
      this.#logs.delete(key);
    }
    this.#changed.ring();
  }

  /** Ends every open connection, cleanly, as load balancers do. */
  cut(): void {
    this.#cuts += 1;
    this.#changed.ring();
  }

  open(podUid: string, query: LogQuery, signal: AbortSignal): ByteStream {
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: this.#read(podUid, query, signal) };
  }

  async *#read(podUid: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const log = this.#of(podUid, query.container);
    const since = query.sinceTime === undefined ? 0 : Math.floor(Date.parse(query.sinceTime) / 1000) * 1000;
    const cuts = this.#cuts;
    let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
    let next = query.tailLines === undefined ? 0 : Math.max(0, log.lines.length - query.tailLines);
    while (!signal.aborted && this.#cuts === cuts) {
      const line = log.lines[next];
      if (line !== undefined) {
        next += 1;
        if (line.time < since) continue;
        yield line.bytes.subarray(0, left);
        left -= line.bytes.length;
        if (left <= 0) return;
        continue;
      }
      if (!query.follow || log.ended) return;
      await this.#changed.heard(signal);
    }
  }

  #of(podUid: string, container: string): ContainerLog {
    const key = `${podUid}/${container}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = { lines: [], ended: false };
      this.#logs.set(key, log);
    }
    return log;
  }
}
