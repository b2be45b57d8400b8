import type { Outcome } from '../domain/attempt/outcome.ts';
import type { StoreReport } from '../domain/attempt/store-sidecar.ts';
import type { ImageKnowledge } from '../domain/image/image-knowledge.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RunName, StageName } from '../domain/naming.ts';
import type { StageContract } from '../domain/pipeline/pipeline.ts';
import type { Survey } from './survey.ts';

/** Which attempt of which stage of which run. */
export interface AttemptRef {
  readonly run: RunName;
  readonly stage: StageName;
  /** Counts from 1. */
  readonly attempt: number;
}

/** Everything a target needs to create an attempt's objects. */
export interface AttemptSpec extends AttemptRef {
  /** The idempotency key; written on the object, compared when one is found. */
  readonly key: string;
  /** The rendered objects in the order of the template: a workload (`batch/v1` Job, ...) and what it mounts. */
  readonly objects: readonly JsonObject[];
  readonly contract: StageContract;
  /** Names the result must hold. */
  readonly outputs: readonly string[];
  /** The pod settings of the run: a target makes from them what the objects mount and is not there yet. */
  readonly pod: JsonObject;
  /** The image references the objects name, each with what stands behind it here. */
  readonly images: readonly ImageIdentity[];
  /** Seconds it may wait for room; more is a failure of class `infra`. */
  readonly queueTimeout: number;
  /** Seconds from placed to running; more is a failure of class `infra`. */
  readonly startTimeout: number;
}

/** An image of ours (`stages/<stage>/<engine>`) by its identity, or a foreign reference. */
export interface ImageRef {
  /** As the template's `image` value gives it. */
  readonly reference: string;
  /** The folder it is made from, relative to the package; absent for a foreign image. */
  readonly folder?: string;
}

/** An image with what stands behind its reference now. */
export interface ImageIdentity extends ImageRef {
  /** A content hash or a digest: changes when what the image runs changes. */
  readonly identity: string;
}

/** The object of an attempt on the target. `uid` is its identity from now on. */
export interface Bound {
  /** `exists`: it was there already, with the same key. */
  readonly kind: 'created' | 'exists';
  readonly uid: string;
}

/** The target did not take it now; nothing was created, and the stage's retries decide what follows. */
export interface Refused {
  readonly kind: 'refused';
  readonly outcome: Outcome;
}

/** What lay before the start of an attempt's first pod, RFC 3339, as far as the target tells; nothing where there are no pods. */
export interface StartTimes {
  readonly podCreated?: string;
  /** When it got a node. */
  readonly placed?: string;
  /** When the first of its init containers began, and when all had ended or were ready. */
  readonly initStarted?: string;
  readonly initEnded?: string;
}

/**
 * What a target says of an attempt that is bound, in the order it happens; a waiting attempt may say so often. One that
 * runs may have to wait again (its pod was taken away, a queue suspended it), or be in trouble: `started` says that this is over.
 */
export type Observation =
  | { readonly kind: 'waiting'; readonly reason: string; readonly fix?: string }
  /** Whatever state it is in: what it runs on does not answer, or it is bound to fail and has not ended yet. */
  | { readonly kind: 'troubled'; readonly reason: string; readonly fix?: string }
  /** `at`: RFC 3339, as the target says. */
  | ({ readonly kind: 'started'; readonly at: string } & StartTimes)
  /** Outcome and complete logs are durable on the target; the last observation. */
  | { readonly kind: 'ended'; readonly at: string; readonly outcome: Outcome; readonly stored?: StoreReport }
  /** No object with that uid. `reason`: the whole place goes with it, in a sentence. The last observation. */
  | { readonly kind: 'gone'; readonly reason?: string };

/** Which lines of an attempt to read. */
export interface LogOptions {
  readonly follow: boolean;
  /** Only the last N lines of each container; absent = all. */
  readonly tail?: number;
  /** Only lines stamped at or after it, RFC 3339. */
  readonly since?: string;
  /** Absent = every container. */
  readonly container?: string;
}

/** One line as a container wrote it, masked. */
export interface LogLine {
  readonly container: string;
  /** Absent where the target does not tell: a kubelet's API gives one sequence of both. */
  readonly stream?: 'stdout' | 'stderr';
  /** RFC 3339 with nanoseconds, as the target stamped it. */
  readonly time: string;
  /** Without its line end; bytes that are no UTF-8 are replaced. */
  readonly text: string;
  /** Not the container's: a sentence of ours about the log, such as that output may be missing here. */
  readonly marker?: true;
}

/** Packages that a stage needs and that are not there yet. */
export interface Installation {
  /** Where they will be; images that share them name the same place. */
  readonly place: string;
  readonly packages: number;
}

/** What planning asks of a target: nothing is created, and no cluster is needed. */
export type PlanTarget = Pick<Target, 'kind' | 'check' | 'identify' | 'imageState' | 'toInstall' | 'foldersOf'>;

/** Where stages run. Errors of the outside are translated: `UserError` for what the person can mend, values for how an attempt ended. */
export interface Target {
  readonly kind: 'local' | 'kubernetes';

  /**
   * Judges rendered objects without creating anything; used by plan and before the first submit of a run.
   * Throws `not-supported` when a field changes what runs and cannot be honoured; returns the fields that only limit and are not enforced.
   */
  check(spec: Pick<AttemptSpec, 'objects' | 'images' | 'stage'>): Promise<{ readonly notEnforced: readonly string[] }>;

  /** What stands behind an image of a pipeline file on this target: its reference in manifests and what it is now, for reuse keys. Throws `bad-pipeline` for a folder that is not there. */
  identify(image: string): Promise<ImageIdentity>;

  /** Whether an image can be had by whoever runs the stage. Absent on a target that makes what it needs itself. */
  imageState?(image: ImageIdentity): Promise<ImageKnowledge>;

  /** Makes the images ready to run (locally: the environments). Says what it does; throws `cannot-start`. */
  prepare(images: readonly ImageIdentity[], say: (message: string) => void, signal: AbortSignal): Promise<void>;

  /** What `prepare` would install for an image; undefined where all of it is there. Absent on a target that installs nothing. */
  toInstall?(image: ImageIdentity): Promise<Installation | undefined>;

  /** The folders that hold what a run of that name makes. Absent on a target that has no folders of a person's. */
  foldersOf?(run: string): Readonly<Record<'outputs' | 'logs', string>>;

  /** Where a stage finds an input's folder and its outputs on this target: the content root, `/content` in a container. */
  contentRoot(ref: AttemptRef): string;

  /** Creates the attempt at most once; safe to repeat while it is in INTENT. Throws `name-taken` when another key holds the name, `storage-failed`, `cannot-start`, `unreachable`. */
  submit(spec: AttemptSpec): Promise<Bound | Refused>;

  /** The state changes of a bound attempt, from now on, beginning with the present one. Ends after `ended` or `gone`, or when `signal` fires. */
  observe(ref: AttemptRef, uid: string, signal: AbortSignal): AsyncIterable<Observation>;

  /**
   * How an attempt stands now; changes nothing, starts nothing. `uid` undefined: only its intent is recorded, and whatever
   * carries its name is looked at. `gone`: there is no such object. Throws `unreachable`.
   */
  peek(ref: AttemptRef, uid: string | undefined): Promise<Observation>;

  /** Asks the attempt to end (SIGTERM, grace, SIGKILL). Idempotent; returns at once, `observe` tells when it has ended. `cancelled` becomes its outcome unless it had ended already. */
  terminate(ref: AttemptRef, uid: string): Promise<void>;

  /**
   * The attempt's log lines, oldest first, as many at a time as are there: a log may have millions. With `follow` it ends when the attempt has
   * ended and all lines were given.
   */
  logs(ref: AttemptRef, options: LogOptions, signal: AbortSignal): AsyncIterable<readonly LogLine[]>;

  /** What can be seen of a run's attempts and around them; changes nothing. Absent on a target that knows no more than `peek`. Throws `unreachable`. */
  survey?(run: string, attempts: readonly AttemptRef[], signal: AbortSignal): Promise<Survey>;

  /** The present by the clock that stamps attempts and logs; undefined while it is not known. Absent where that is this machine's. */
  now?(): Date | undefined;

  /** What this program asked of the outside so far; absent on a target that asks nobody. */
  effort?(): { readonly requests: number; readonly connections: number };

  /** Deletes what an ended attempt no longer needs; outputs, logs and outcome stay. Idempotent. */
  clean(ref: AttemptRef, uid: string): Promise<void>;

  /** Deletes everything of an attempt: logs and outputs too. Idempotent. */
  remove(ref: AttemptRef): Promise<void>;
}
