import type { Outcome } from '../../../domain/attempt/outcome.ts';
import type { StageContract } from '../../../domain/pipeline/pipeline.ts';
import type { KubeObject } from '../api/kube-api.ts';
import type { VerdictCode } from './codes.ts';

/** All that is known of an attempt at one moment. What may not be read is absent, and nothing is guessed from that. */
export interface AttemptView {
  /** The workload (Job, PyTorchJob, TrainJob); undefined when the server has none with the attempt's uid. */
  readonly job: KubeObject | undefined;
  /** The workload's pods; also those that are gone, as they last were. */
  readonly pods: readonly KubeObject[];
  /** Uids of the pods that are gone; absent = none. */
  readonly gone?: readonly string[];
  /** Events of the namespace; those of other objects are passed over. Only needed while the attempt waits. */
  readonly events: readonly KubeObject[];
  /** Undefined: nodes may not be listed. */
  readonly nodes?: readonly KubeObject[];
  /** Other pods that may hold what this one waits for. */
  readonly otherPods?: readonly KubeObject[];
  /** Pods of other namespaces may not be read: `otherPods` are those of this one. */
  readonly hidesPods?: true;
  readonly quotas?: readonly KubeObject[];
  /** Of the namespace. Undefined: not read. */
  readonly claims?: readonly KubeObject[];
  /** Undefined: may not be listed. */
  readonly storageClasses?: readonly KubeObject[];
  /** Kueue's Workload of the job, where there is one. */
  readonly queued?: KubeObject;
  /** We asked it to end. */
  readonly cancelled?: boolean;
  /** The server's clock, milliseconds since 1970: for what is shown. Absent before its first answer. */
  readonly now?: number;
  /** A clock that never goes back, milliseconds: graces are counted by it. */
  readonly monotonic: number;
  readonly contract: StageContract;
  /** Names the result must hold. */
  readonly outputs: readonly string[];
  /** Seconds. */
  readonly deadlines: { readonly queue: number; readonly start: number };
  /** How often a pod may be replaced inside the attempt; absent = 3. */
  readonly mostPods?: number;
}

/** What the caller keeps from one judgement to the next, unread. Plain data, of one process: its times are monotonic. */
export interface VerdictMemory {
  /** By what was seen: when first and last, and in which versions of the object. */
  readonly sightings: Readonly<Record<string, Sighting>>;
  /** Uids of every pod that was seen, but those of `excused`. */
  readonly pods: readonly string[];
  /** Uids of pods that were there while the workload was suspended: it is not they that failed. */
  readonly excused: readonly string[];
  /** When the main container first ran, as the server said. */
  readonly startedAt?: string;
  /** The last sentence of why it waits, for what a deadline says. */
  readonly waitedFor?: string;
  readonly ended?: Extract<Verdict, { kind: 'ended' }>;
}

export interface Sighting {
  readonly first: number;
  readonly last: number;
  /** At most two: whether a fault was seen again is all that matters. */
  readonly versions: readonly string[];
}

export const NO_MEMORY: VerdictMemory = { sightings: {}, pods: [], excused: [] };

/** What holds something up: one sentence, what to type or to change, and when it is given up (RFC 3339, server's clock). */
export interface Trouble {
  readonly code: VerdictCode;
  readonly reason: string;
  readonly fix?: string;
  readonly until?: string;
}

/** What becomes of an attempt. All texts are free of control characters. */
export type Verdict =
  | ({ readonly kind: 'waiting' } & Trouble)
  /** `at`: RFC 3339, as the kubelet says. `trouble`: it runs, but what it runs on does not answer. */
  | { readonly kind: 'started'; readonly at: string; readonly trouble?: Trouble }
  /** Its failure is certain, its pods still end: not to be recorded, and not to be told while they are `inTime`. */
  | ({ readonly kind: 'decided-failing'; readonly inTime?: true } & Trouble)
  /** It will never get on: whoever asked deletes the job with its uid, then records the outcome. The message holds the fix too. */
  | { readonly kind: 'doomed'; readonly code: VerdictCode; readonly outcome: Failed; readonly fix?: string }
  /** For good. The message of a failure holds the fix too. */
  | { readonly kind: 'ended'; readonly code: VerdictCode; readonly at: string; readonly outcome: Outcome };

export type Failed = Extract<Outcome, { kind: 'failed' }>;

/** One thing that keeps an attempt from getting on, before its grace is counted. */
export interface Finding {
  readonly code: VerdictCode;
  /** What is the same fault: its grace is counted from the first time this was seen. */
  readonly key: string;
  readonly reason: string;
  readonly fix?: string;
  /** Seconds from the first sighting, or from `since`; absent = only the attempt's own deadlines end it. */
  readonly grace?: number;
  /** When the cluster first told of this very fault, milliseconds by the server's clock: a driver that comes later counts on. */
  readonly since?: number;
  /** Two versions of the object that say it end it before the grace does. */
  readonly version?: string;
  /** What it is recorded as when it ends the attempt; absent = as its code has it. */
  readonly class?: Failed['class'];
  readonly container?: string;
}
