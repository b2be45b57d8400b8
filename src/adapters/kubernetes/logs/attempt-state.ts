import { Changes } from './changes.ts';
import type { InstanceState, InstanceView } from './instance-view.ts';
import type { ContainerState, PodState } from './pod-state.ts';

/** One run of one container of one pod. */
export interface Instance {
  readonly pod: PodState;
  readonly container: string;
  readonly restart: number;
  /** We saw the container before this run of it began. */
  readonly wasAwaited: boolean;
}

/** What is known of an attempt's pods, and which runs of containers that makes. */
export class AttemptState {
  readonly changes = new Changes();
  readonly #pods = new Map<string, PodState>();
  readonly #gone = new Set<string>();
  readonly #instances = new Map<string, Instance>();
  /** Containers that we saw wait, or an earlier run of which we saw. */
  readonly #awaited = new Set<string>();
  #isOver = false;

  /** All pods of the attempt as they are now; one that was there and is not any more has been deleted. Returns runs not seen before. */
  update(pods: readonly PodState[]): readonly Instance[] {
    const here = new Set(pods.map(({ uid }) => uid));
    for (const uid of this.#pods.keys()) if (!here.has(uid)) this.#gone.add(uid);
    const found: Instance[] = [];
    for (const pod of pods) {
      this.#gone.delete(pod.uid);
      this.#pods.set(pod.uid, pod);
      for (const container of pod.containers) found.push(...this.#runs(pod, container));
    }
    this.changes.tell();
    return found;
  }

  /** Nobody will tell any more. */
  end(): void {
    this.#isOver = true;
    this.changes.tell();
  }

  view({ pod: { uid, name }, container, restart }: Instance): InstanceView {
    const now = (): ContainerState | undefined =>
      this.#pods.get(uid)?.containers.find((candidate) => candidate.name === container);
    const node = (): string => this.#pods.get(uid)?.node ?? '';
    const state = (): InstanceState => this.#state(uid, now(), restart);
    return {
      pod: name,
      container,
      restart,
      changes: this.changes,
      get node() {
        return node();
      },
      state,
      startedAt: () => (now()?.restart === restart ? now()?.startedAt : undefined),
    };
  }

  #state(uid: string, now: ContainerState | undefined, restart: number): InstanceState {
    if (this.#gone.has(uid)) return { kind: 'gone', why: 'the pod was deleted' };
    if (now !== undefined && now.restart > restart) return { kind: 'replaced', isNext: now.restart === restart + 1 };
    const kind = now !== undefined && now.restart === restart ? now.kind : 'waiting';
    if (this.#isOver && kind !== 'ended') return { kind: 'gone', why: 'nothing more is known of the pod' };
    return { kind };
  }

  #runs(pod: PodState, container: ContainerState): readonly Instance[] {
    const name = `${pod.uid}/${container.name}`;
    const wasAwaited = this.#awaited.has(name);
    this.#awaited.add(name);
    // Of a container that was started again the kubelet keeps the last run before.
    const runs = [container.restart - 1, ...(container.kind === 'waiting' ? [] : [container.restart])];
    return runs.flatMap((restart) => {
      const key = `${name}/${restart}`;
      if (restart < 0 || this.#instances.has(key)) return [];
      const instance = { pod, container: container.name, restart, wasAwaited };
      this.#instances.set(key, instance);
      return [instance];
    });
  }
}
