import type { ImageKnowledge } from '../../../domain/image/image-knowledge.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { attemptName } from '../../../domain/naming.ts';
import { CONTENT_ROOT } from '../../../domain/pipeline/bindings.ts';
import type { Survey } from '../../../ports/survey.ts';
import type {
  AttemptRef,
  AttemptSpec,
  Bound,
  ImageIdentity,
  LogLine,
  LogOptions,
  Observation,
  Refused,
  Target,
} from '../../../ports/target.ts';
import { type KubeApi, KubeFault, RESOURCES, textAt } from '../api/kube-api.ts';
import { toUserError, translated } from '../api/user-error.ts';
import { ensureWorkspaceClaim } from '../data/workspace-claim.ts';
import type { Patience } from '../run-store/patience.ts';
import type { ClusterLogs } from './cluster-logs.ts';
import { DryRun } from './dry-run.ts';
import { endAttempt } from './end-attempt.ts';
import { letGo } from './held-back.ts';
import { type Observed, observeAttempt, peekAttempt } from './observe-attempt.ts';
import { isPlaceEnding } from './place-ending.ts';
import { removeAttemptObjects } from './remove-objects.ts';
import type { RunObjects } from './run-objects.ts';
import { submitAttempt } from './submit.ts';
import { surveyRun } from './survey-run.ts';
import { claimsOf } from './workload.ts';
import { findWorkload, resourceOfWorkload } from './workload-kinds.ts';

export interface KubernetesTargetOptions {
  readonly api: KubeApi;
  readonly images: Required<Pick<Target, 'identify' | 'imageState'>>;
  readonly logs: ClusterLogs;
  readonly objects: (run: string) => RunObjects;
  readonly patience: Patience;
  readonly monotonic: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The workspace claim as it is made where there is none, by pod settings. */
  readonly claim: (pod: JsonObject) => JsonObject;
}

/** The target `kubernetes`: an attempt is a workload in one namespace of a cluster, which looks after it by itself. */
export class KubernetesTarget implements Target {
  readonly kind = 'kubernetes';
  readonly #options: KubernetesTargetOptions;
  readonly #dryRun: DryRun;

  constructor(options: KubernetesTargetOptions) {
    this.#options = options;
    this.#dryRun = new DryRun(options.api);
  }

  async check(spec: Pick<AttemptSpec, 'objects' | 'images' | 'stage'>) {
    const unproven = await translated(this.#api.place, () => this.#dryRun.try(spec.objects));
    return { notEnforced: [], unproven };
  }

  identify(image: string): Promise<ImageIdentity> {
    return this.#options.images.identify(image);
  }

  imageState(image: ImageIdentity): Promise<ImageKnowledge> {
    return translated(this.#api.place, () => this.#options.images.imageState(image));
  }

  /** The kubelet has the images, or pulls them. */
  async prepare(): Promise<void> {}

  contentRoot(): string {
    return CONTENT_ROOT;
  }

  submit(spec: AttemptSpec): Promise<Bound | Refused> {
    return translated(this.#api.place, async () => {
      const claim = this.#options.claim(spec.pod);
      const isMounted = spec.objects.flatMap(claimsOf).includes(textAt(claim, 'metadata', 'name') ?? '');
      if (isMounted) await ensureWorkspaceClaim(this.#api, claim, new AbortController().signal);
      return submitAttempt(this.#api, spec, this.#options.patience);
    });
  }

  async *observe(ref: AttemptRef, uid: string, signal: AbortSignal): AsyncGenerator<Observation, void> {
    const { api, objects, logs, monotonic, pause, patience } = this.#options;
    const following = logs.follow(ref);
    try {
      const name = attemptName(ref);
      const found = await findWorkload(api, name, signal);
      if (found?.metadata.uid === uid) await letGo(api, found, signal);
      const workload = found === undefined ? RESOURCES.jobs : resourceOfWorkload(found);
      const watched = { api, objects: objects(ref.run), workload, name, uid, monotonic, pause };
      const logsComplete: Observed['logsComplete'] = ({ giveUp } = { giveUp: false }) => {
        if (giveUp) following.giveUp();
        return following.complete;
      };
      yield* observeAttempt({ ...watched, logsComplete, isPlaceEnding: () => isPlaceEnding(api, patience) }, signal);
    } catch (error) {
      // A request that the signal ended is no fault.
      if (signal.aborted) return;
      throw toUserError(error, api.place);
    } finally {
      following.release();
    }
  }

  peek(ref: AttemptRef, uid: string | undefined): Promise<Observation> {
    const { api, monotonic } = this.#options;
    return translated(api.place, () => peekAttempt(api, { run: ref.run, name: attemptName(ref), uid, monotonic }));
  }

  async terminate(ref: AttemptRef, uid: string): Promise<void> {
    const outcome = { kind: 'cancelled', message: 'it was ended on request' } as const;
    await translated(this.#api.place, async () => {
      const found = await findWorkload(this.#api, attemptName(ref));
      if (found?.metadata.uid !== uid) return;
      await endAttempt(this.#api, resourceOfWorkload(found), attemptName(ref), { uid, outcome });
    });
  }

  survey(run: string, attempts: readonly AttemptRef[], signal: AbortSignal): Promise<Survey> {
    return translated(this.#api.place, () => surveyRun(this.#api, run, attempts, signal));
  }

  now(): Date | undefined {
    const now = this.#api.serverNow();
    return now === undefined ? undefined : new Date(now);
  }

  effort(): { readonly requests: number; readonly connections: number } {
    const { requests, connections } = this.#api.counters;
    return { requests, connections };
  }

  async *logs(ref: AttemptRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    try {
      yield* this.#options.logs.read(ref, options, signal);
    } catch (error) {
      throw signal.aborted ? error : toUserError(error, this.#api.place);
    }
  }

  /**
   * An ended Job holds nothing but its pod's log, which other machines read; it goes with the run. What an operator left
   * running beside it goes now.
   */
  async clean(ref: AttemptRef, uid: string): Promise<void> {
    await translated(this.#api.place, async () => {
      const found = await findWorkload(this.#api, attemptName(ref));
      if (found === undefined || found.metadata.uid !== uid || textAt(found, 'kind') === RESOURCES.jobs.kind) return;
      try {
        await this.#api.delete(resourceOfWorkload(found), attemptName(ref), { uid });
      } catch (error) {
        // The detached driver may delete nothing; it goes with the run.
        if (!(error instanceof KubeFault) || error.kind !== 'forbidden') throw error;
      }
    });
  }

  async remove(ref: AttemptRef): Promise<void> {
    await translated(this.#api.place, async () => {
      await removeAttemptObjects(this.#api, ref);
    });
    this.#options.logs.remove(ref);
  }

  get #api(): KubeApi {
    return this.#options.api;
  }
}
