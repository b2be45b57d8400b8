import type { Outcome } from '../../domain/attempt/outcome.ts';
import type { Warning } from '../../domain/attempt/progress.ts';
import type { RunEvent } from '../../domain/event.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import { isCancelling } from '../../domain/run/run-phase.ts';
import { PROGRESS_PREFIX } from '../../domain/training/own-line.ts';
import type { AttemptRef } from '../../ports/target.ts';
import { adviserIn } from '../follow/advise-on.ts';
import { type Advise, followProgress, readProgress } from '../follow/read-progress.ts';
import type { DriveContext } from './drive-context.ts';

/**
 * Watches the log of an attempt that is driven: tells its progress and warnings, and ends the attempt once, where its stage
 * stops on a warning. The verdict is the log's: a driver that comes later reads the same.
 */
export class AttemptWatch {
  readonly #context: DriveContext;
  readonly #stage: Stage;
  readonly #ref: AttemptRef;
  readonly #advise: Advise;
  #stopped: Warning | undefined;

  constructor(context: DriveContext, stage: Stage, ref: AttemptRef) {
    const { pipeline, document } = context.decision;
    this.#context = context;
    this.#stage = stage;
    this.#ref = ref;
    this.#advise = adviserIn({ run: ref.run, stage: stage.name, document, pipeline });
  }

  /** Follows the log until the attempt has ended or `signal` fires; `terminate` is called at most once. */
  async follow(terminate: () => void, signal: AbortSignal): Promise<void> {
    const { deps, emit } = this.#context;
    const tell = (event: RunEvent): void => {
      emit(event);
      // A driver that leaves, or that another one replaced, ends nothing.
      if (event.type !== 'attempt-warned' || signal.aborted) return;
      if (!this.#stopsOn(event.warning) || this.#stopped !== undefined) return;
      this.#stopped = event.warning;
      terminate();
    };
    await followProgress(deps.target, this.#ref, { clock: deps.clock, advise: this.#advise, signal }, tell);
  }

  /**
   * What is recorded of an attempt that ended at `at`. Its own end wins; one that was ended although nobody cancelled the run
   * failed for the warning: the one that was seen here, else the first one of its log, which an earlier driver saw.
   */
  async verdict(outcome: Outcome, at: string): Promise<Outcome> {
    if (outcome.kind !== 'cancelled' || isCancelling(this.#context.session.record)) return outcome;
    const warning = this.#stopped ?? (await this.#firstOfLog(at));
    if (warning === undefined) return outcome;
    const { message, evidence, fix } = warning;
    // What a stage says in JSON is for programs; the warning has its figures.
    const line = evidence === undefined || evidence.startsWith(PROGRESS_PREFIX) ? '' : `: ${evidence}`;
    return {
      kind: 'failed',
      class: 'user',
      reason: 'stopped-on-warning',
      message: `stopped, as stopOn says: ${message}${line}${fix === undefined ? '' : `; ${fix}`}`,
    };
  }

  async #firstOfLog(at: string): Promise<Warning | undefined> {
    const { deps, signal } = this.#context;
    if (this.#stage.stopOn.length === 0) return undefined;
    const options = { follow: false, advise: this.#advise, until: at };
    try {
      for await (const said of readProgress(deps.target, this.#ref, options, signal)) {
        if (said.kind === 'warned' && this.#stopsOn(said.warning)) return said.warning;
      }
    } catch {
      // A log that cannot be read tells of no warning.
    }
    return undefined;
  }

  #stopsOn({ kind }: Warning): boolean {
    return this.#stage.stopOn.includes(kind);
  }
}
