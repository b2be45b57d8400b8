import { RUN_LABEL } from '../api/attempt-labels.ts';
import { type KubeApi, type KubeObject, RESOURCES, type Resource } from '../api/kube-api.ts';

/** What is known of a run's objects now. */
export interface RunView {
  /** Every kind that is used was listed at least once. */
  readonly isListed: boolean;
  /** Of the kinds that are used. */
  readonly workloads: readonly KubeObject[];
  /** Those that were seen to be deleted, as they last were. */
  readonly deleted?: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
}

/**
 * The workloads and pods of one run, kept up to date by one label-selected watch a kind, however many attempts are
 * looked at. Watching begins with the first user and ends with the last.
 */
export class RunObjects {
  readonly #api: KubeApi;
  readonly #run: string;
  /** Of what is watched; undefined before it is listed. */
  readonly #objects = new Map<Resource, Map<string, KubeObject> | undefined>();
  readonly #deleted = new Map<string, KubeObject>();
  #users = 0;
  #stop = new AbortController();
  #fault: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(api: KubeApi, run: string) {
    this.#api = api;
    this.#run = run;
  }

  /** Begins to watch pods and a kind of workload; the returned function ends it for this user. */
  use(workload: Resource): () => void {
    if (this.#users === 0) this.#begin();
    this.#users += 1;
    for (const kind of [workload, RESOURCES.pods]) this.#watch(kind, this.#stop.signal);
    let used = true;
    return () => {
      if (used) this.#users -= 1;
      if (used && this.#users === 0) this.#stop.abort();
      used = false;
    };
  }

  /** Throws what ended the watching. */
  view(): RunView {
    if (this.#fault !== undefined) throw this.#fault;
    const all = (kinds: readonly Resource[]): readonly KubeObject[] =>
      kinds.flatMap((kind) => [...(this.#objects.get(kind)?.values() ?? [])]);
    return {
      isListed: [...this.#objects.values()].every((objects) => objects !== undefined),
      workloads: all([...this.#objects.keys()].filter((kind) => kind !== RESOURCES.pods)),
      deleted: [...this.#deleted.values()],
      pods: all([RESOURCES.pods]),
    };
  }

  /** Resolves at the next change after this call. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  #begin(): void {
    this.#stop = new AbortController();
    this.#objects.clear();
    this.#deleted.clear();
    this.#fault = undefined;
  }

  #watch(kind: Resource, signal: AbortSignal): void {
    if (this.#objects.has(kind)) return;
    this.#objects.set(kind, undefined);
    this.#read(kind, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#fault = error;
      this.#tell();
    });
  }

  async #read(kind: Resource, signal: AbortSignal): Promise<void> {
    for await (const event of this.#api.watch(kind, { labels: `${RUN_LABEL}=${this.#run}` }, signal)) {
      if (signal.aborted) return;
      switch (event.kind) {
        case 'listed':
          this.#objects.set(kind, new Map(event.items.map((object) => [object.metadata.uid, object])));
          break;
        case 'changed':
          this.#objects.get(kind)?.set(event.object.metadata.uid, event.object);
          break;
        case 'deleted':
          this.#objects.get(kind)?.delete(event.object.metadata.uid);
          if (kind !== RESOURCES.pods) this.#deleted.set(event.object.metadata.uid, event.object);
          break;
      }
      this.#tell();
    }
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
