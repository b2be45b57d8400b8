import type { Outcome } from '../../../domain/attempt/outcome.ts';
import { unreachable } from '../../../domain/errors.ts';
import { firstOf } from '../../../domain/first-of.ts';
import type { Observation } from '../../../ports/target.ts';
import { RUN_LABEL } from '../api/attempt-labels.ts';
import { type KubeApi, type KubeObject, RESOURCES, type Resource, textAt } from '../api/kube-api.ts';
import { hasPodEnded } from '../api/pod-phase.ts';
import { judgeAttempt } from '../verdict/judge-attempt.ts';
import { isSuspended } from '../verdict/queue.ts';
import { storedBy } from '../verdict/stored.ts';
import { type AttemptView, NO_MEMORY, type Trouble, type Verdict, type VerdictMemory } from '../verdict/view.ts';
import { type AttemptFacts, decidedOf, factsOf } from './annotations.ts';
import { podsOf, startTimesOf } from './attempt-pods.ts';
import { endAttempt, hasEnded } from './end-attempt.ts';
import type { RunObjects } from './run-objects.ts';
import { NOTHING_AROUND, type Surroundings, SurroundingsReader } from './surroundings.ts';
import { findWorkload, resourceOfWorkload } from './workload-kinds.ts';

/** What observing one attempt works with. */
export interface Observed {
  readonly api: KubeApi;
  readonly objects: Pick<RunObjects, 'use' | 'view' | 'changed'>;
  /** The kind of its workload. */
  readonly workload: Resource;
  /** The name and the identity of its workload. */
  readonly name: string;
  readonly uid: string;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when each log line that can be had is stored; with `giveUp`, those that have come until now are all. */
  readonly logsComplete: (how?: { readonly giveUp: boolean }) => Promise<void>;
  /** Whether the namespace is being deleted. */
  readonly isPlaceEnding: () => Promise<boolean>;
}

/** Graces are counted in seconds. */
const TICK_MS = 1000;
/** What surrounds an attempt that waits is read so often at most: some ten requests each time. */
const SURROUNDINGS_MS = 4000;
/** Of an object that nobody of ours has written on. */
const UNKNOWN_FACTS: AttemptFacts = { contract: 'full', outputs: [], queueTimeout: 86_400, startTimeout: 3600 };

/** Tells the state changes of an attempt, beginning with the present one. */
export async function* observeAttempt(observed: Observed, signal: AbortSignal): AsyncGenerator<Observation, void> {
  const release = observed.objects.use(observed.workload);
  const watching = new Watching(observed);
  try {
    while (!signal.aborted) {
      const { changed } = observed.objects;
      for (const seen of await watching.look(signal)) {
        yield seen;
        if (seen.kind === 'ended' || seen.kind === 'gone') return;
      }
      await firstOf([changed, observed.pause(TICK_MS, signal)]);
    }
  } finally {
    release();
  }
}

/** Which attempt to look at once; `uid` undefined: whatever has the name. */
export interface Peeked extends Pick<Observed, 'name' | 'monotonic'> {
  readonly run: string;
  readonly uid: string | undefined;
}

/** How an attempt stands now: its workload and its pods are read once, and of what surrounds them only its place in a queue. */
export async function peekAttempt(api: KubeApi, { run, name, uid, monotonic }: Peeked): Promise<Observation> {
  const [workload, pods] = await Promise.all([
    findWorkload(api, name),
    api.list(RESOURCES.pods, { labels: `${RUN_LABEL}=${run}` }),
  ]);
  if (workload === undefined || (uid !== undefined && workload.metadata.uid !== uid)) return { kind: 'gone' };
  const view = { isListed: true, workloads: [workload], pods: pods.items };
  const observed = { api, objects: { view: () => view }, name, uid: workload.metadata.uid, monotonic };
  const unasked = { logsComplete: async () => undefined, isPlaceEnding: async () => false };
  return new Watching({ ...observed, ...unasked }).glance(workload);
}

/** What judging an attempt works with. */
type Watched = Omit<Observed, 'objects' | 'workload' | 'pause'> & { readonly objects: Pick<RunObjects, 'view'> };

class Watching {
  readonly #observed: Watched;
  readonly #reader: SurroundingsReader;
  #memory: VerdictMemory = NO_MEMORY;
  #around: Surroundings = NOTHING_AROUND;
  #readAt = Number.NEGATIVE_INFINITY;
  /** As it was last seen: when it is deleted, what was written on it still counts. */
  #job: KubeObject | undefined;
  #pods = new Map<string, KubeObject>();
  #gone: readonly string[] = [];
  #told = '';
  #started = false;

  constructor(observed: Watched) {
    this.#observed = observed;
    this.#reader = new SurroundingsReader(observed.api);
  }

  async look(signal: AbortSignal): Promise<readonly Observation[]> {
    const view = this.#observed.objects.view();
    if (!view.isListed) return [];
    const job = view.workloads.find(({ metadata }) => metadata.uid === this.#observed.uid);
    // What was written on it right before it was deleted counts.
    this.#job = view.deleted?.find(({ metadata }) => metadata.uid === this.#observed.uid) ?? this.#job;
    if (job === undefined && this.#job === undefined) return (await this.#isComing()) ? [] : this.#vanish();
    this.#keep(job, view.pods);
    const first = this.#judge(job);
    const isTroubled = first.kind === 'started' && first.trouble !== undefined;
    const isHeldUp = first.kind === 'waiting' || first.kind === 'decided-failing' || isTroubled;
    const verdict = isHeldUp && (await this.#readAround(signal)) ? this.#judge(job) : first;
    return this.#tell(verdict, job);
  }

  /** A watch that others began may not have told yet of an object that was just created. */
  async #isComing(): Promise<boolean> {
    const { api, name, uid } = this.#observed;
    return (await findWorkload(api, name))?.metadata.uid === uid;
  }

  /** One judgement of what is there: nothing is decided, and nothing waited for. */
  async glance(job: KubeObject): Promise<Observation> {
    const queued = await this.#reader.queued(job);
    if (queued !== undefined) this.#around = { ...NOTHING_AROUND, queued };
    this.#keep(job, this.#observed.objects.view().pods);
    const verdict = this.#judge(job);
    switch (verdict.kind) {
      case 'waiting':
        return waiting(verdict);
      case 'decided-failing':
        return troubled(verdict);
      case 'started':
        return verdict.trouble === undefined ? { kind: 'started', at: verdict.at } : troubled(verdict.trouble);
      case 'doomed':
        return { kind: 'troubled', reason: verdict.outcome.message };
      case 'ended':
        return { kind: 'ended', at: verdict.at, outcome: this.#outcomeOf(verdict) };
      default:
        return unreachable(verdict);
    }
  }

  /** Pods that are gone are remembered as they last were: their end may have been seen. */
  #keep(job: KubeObject | undefined, pods: readonly KubeObject[]): void {
    this.#job = job ?? this.#job;
    const here = podsOf({ pods }, this.#observed.name);
    for (const pod of here) this.#pods.set(pod.metadata.uid, pod);
    this.#gone = [...this.#pods.keys()].filter((uid) => !here.some(({ metadata }) => metadata.uid === uid));
  }

  #judge(job: KubeObject | undefined): Verdict {
    const { contract, outputs, queueTimeout, startTimeout } = factsOf(this.#job ?? ({} as KubeObject)) ?? UNKNOWN_FACTS;
    const now = this.#observed.api.serverNow();
    const view: AttemptView = {
      job,
      pods: [...this.#pods.values()],
      gone: this.#gone,
      ...this.#around,
      ...(now === undefined ? {} : { now }),
      monotonic: this.#observed.monotonic(),
      contract,
      outputs,
      deadlines: { queue: queueTimeout, start: startTimeout },
    };
    const { verdict, memory } = judgeAttempt(view, this.#memory);
    this.#memory = memory;
    return verdict;
  }

  /** Whether it was read; not when it was just before. */
  async #readAround(signal: AbortSignal): Promise<boolean> {
    const now = this.#observed.monotonic();
    if (this.#job === undefined || now - this.#readAt < SURROUNDINGS_MS) return false;
    this.#readAt = now;
    const here = [...this.#pods.values()].filter(({ metadata }) => !this.#gone.includes(metadata.uid));
    this.#around = await this.#reader.read(this.#job, here, signal);
    return true;
  }

  async #tell(verdict: Verdict, job: KubeObject | undefined): Promise<readonly Observation[]> {
    // What is seen from here on is how our own decision is carried out.
    const decided = job === undefined ? undefined : decidedOf(job);
    const isDecided = decided !== undefined;
    // One that is suspended says nothing more, and will have no pods any more.
    if (isDecided && verdict.kind !== 'ended' && isSuspended(job) && !this.#hasPods()) return this.#giveUp(decided);
    if (isDecided && verdict.kind !== 'ended' && verdict.kind !== 'doomed') return [];
    switch (verdict.kind) {
      case 'waiting':
        return this.#news(waiting(verdict));
      case 'decided-failing':
        return verdict.inTime === true ? [] : this.#news(troubled(verdict));
      case 'started':
        if (verdict.trouble === undefined) return this.#start(verdict.at);
        return [...(this.#started ? [] : this.#start(verdict.at)), ...this.#news(troubled(verdict.trouble))];
      case 'doomed': {
        const { api, name, uid } = this.#observed;
        if (job !== undefined && !hasEnded(job) && !isDecided) {
          await endAttempt(api, resourceOfWorkload(job), name, { uid, outcome: verdict.outcome });
        }
        // A kubelet that is silent ends nothing, and its pods stay as they are: nobody could wait for them.
        return verdict.code === 'node-silent' ? this.#giveUp(verdict.outcome) : [];
      }
      case 'ended':
        return this.#end(verdict, job);
      default:
        return unreachable(verdict);
    }
  }

  #hasPods(): boolean {
    return [...this.#pods.values()].some((pod) => !this.#gone.includes(pod.metadata.uid) && !hasPodEnded(pod));
  }

  async #giveUp(outcome: Outcome): Promise<readonly Observation[]> {
    await this.#observed.logsComplete({ giveUp: true });
    const now = this.#observed.api.serverNow();
    const at = new Date(now ?? 0).toISOString();
    return [...this.#begun(), { kind: 'ended', at, outcome: this.#decided() ?? outcome }];
  }

  async #end(
    verdict: Extract<Verdict, { kind: 'ended' }>,
    job: KubeObject | undefined,
  ): Promise<readonly Observation[]> {
    const outcome = this.#outcomeOf(verdict);
    if (job === undefined && outcome.kind === 'lost') return this.#vanish();
    // A namespace that is being deleted takes the pods first: that they were deleted is not how the stage ended.
    if (this.#wasTaken(outcome) && (await this.#observed.isPlaceEnding())) return this.#vanish({ withPlace: true });
    await this.#observed.logsComplete();
    const stored = storedBy([...this.#pods.values()]);
    return [...this.#begun(), { kind: 'ended', at: verdict.at, outcome, ...(stored === undefined ? {} : { stored }) }];
  }

  /** Its pods go without it, and nobody waits for their last lines; that they are missing stands in the log. */
  async #vanish({ withPlace }: { readonly withPlace?: true } = {}): Promise<readonly Observation[]> {
    const isWithPlace = withPlace ?? (await this.#observed.isPlaceEnding());
    await this.#observed.logsComplete({ giveUp: true });
    const { namespace } = this.#observed.api.place;
    const reason = `namespace ${namespace} is being deleted, and all of the run with it`;
    return [{ kind: 'gone', ...(isWithPlace ? { reason } : {}) }];
  }

  /** It failed while its pod was being deleted, and nobody of ours decided that. */
  #wasTaken(outcome: Outcome): boolean {
    if (outcome.kind !== 'failed' || this.#decided() !== undefined) return false;
    const pods = [...this.#pods.values()];
    return (
      outcome.reason === 'disrupted' || pods.some((pod) => textAt(pod, 'metadata', 'deletionTimestamp') !== undefined)
    );
  }

  /** What ended well before it was told to end, ended well. */
  #outcomeOf({ outcome }: Extract<Verdict, { kind: 'ended' }>): Outcome {
    return outcome.kind === 'succeeded' ? outcome : (this.#decided() ?? outcome);
  }

  #decided(): Outcome | undefined {
    return this.#job === undefined ? undefined : decidedOf(this.#job);
  }

  #begun(): readonly Observation[] {
    const { startedAt } = this.#memory;
    return startedAt === undefined || this.#started ? [] : this.#start(startedAt);
  }

  /** Told again after something else was. */
  #start(at: string): readonly Observation[] {
    if (this.#started && this.#told === '') return [];
    this.#started = true;
    this.#told = '';
    return [{ kind: 'started', at, ...startTimesOf([...this.#pods.values()]) }];
  }

  /** Nothing is told twice in a row. */
  #news(observation: Observation): readonly Observation[] {
    const text = JSON.stringify(observation);
    if (text === this.#told) return [];
    this.#told = text;
    return [observation];
  }
}

function waiting({ reason, fix }: Trouble): Observation {
  return { kind: 'waiting', reason, ...(fix === undefined ? {} : { fix }) };
}

function troubled({ reason, fix }: Trouble): Observation {
  return { kind: 'troubled', reason, ...(fix === undefined ? {} : { fix }) };
}
