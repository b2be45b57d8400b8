import type { Outcome } from './attempt/outcome.ts';
import type { Progress, Warning } from './attempt/progress.ts';
import type { RunName, StageName } from './naming.ts';
import type { RunPhase } from './run/run-phase.ts';

interface Base {
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly run: RunName;
}
interface OfStage extends Base {
  readonly stage: StageName;
}
interface OfAttempt extends OfStage {
  /** Counts from 1. */
  readonly attempt: number;
}

/**
 * Everything that can happen in a run. ink, plain and json subscribe to this and to nothing else; on the wire
 * (NDJSON) a member is written as it stands here, with `version: 1` on the first event of a stream.
 */
export type RunEvent =
  /** The run is recorded, or an existing run was joined; `stages` in the order they can run. */
  | (Base & {
      readonly type: 'run-started';
      readonly id: string;
      readonly pipeline: string;
      readonly target: 'local' | 'kubernetes';
      readonly stages: readonly StageName[];
      /** Those that may run here, where that is not all of them; absent for one who only watches. */
      readonly selected?: readonly StageName[];
      readonly driving: boolean;
    })
  /** Something is made ready before a stage can start, e.g. its environment is installed. */
  | (OfStage & { readonly type: 'stage-preparing'; readonly message: string })
  /** A stage will not run: its result comes from another run. */
  | (OfStage & {
      readonly type: 'stage-reused';
      readonly from: { readonly run: string; readonly stage: string; readonly attempt: number };
      readonly metrics: Readonly<Record<string, number>>;
    })
  /** A stage will not run and counts as done. */
  | (OfStage & { readonly type: 'stage-skipped'; readonly reason: string })
  /** A gate was false; the stage was not submitted. */
  | (OfStage & { readonly type: 'stage-refused'; readonly gate: string; readonly reason: string })
  /** A person must agree before the stage starts: `approve`, `decline`. */
  | (OfStage & { readonly type: 'approval-asked' })
  /** Somebody agreed; whoever does not refuses the stage (`stage-refused`, gate `approval`). */
  | (OfStage & { readonly type: 'approval-given'; readonly by: string; readonly reason?: string })
  /** The intent to submit is durable. `gpus`: what its pods will hold while they live; absent = none. */
  | (OfAttempt & { readonly type: 'attempt-intended'; readonly key: string; readonly gpus?: number })
  /** The object was accepted by the target; `uid` is its identity from now on. */
  | (OfAttempt & { readonly type: 'attempt-bound'; readonly uid: string })
  /** It waits; `reason` is one sentence, `fix` what to type. */
  | (OfAttempt & { readonly type: 'attempt-waits'; readonly reason: string; readonly fix?: string })
  /** The main container runs. */
  | (OfAttempt & { readonly type: 'attempt-started' })
  /** The stage reported progress: for display only. */
  | (OfAttempt & { readonly type: 'attempt-progress'; readonly progress: Progress })
  /** Its log tells of a fault that does not end it by itself: for people, and for those who asked to stop on it. */
  | (OfAttempt & { readonly type: 'attempt-warned'; readonly warning: Warning })
  /** The outcome is durable. */
  | (OfAttempt & { readonly type: 'attempt-ended'; readonly outcome: Outcome; readonly seconds?: number })
  /** A further attempt follows, after `delaySeconds`. */
  | (OfAttempt & { readonly type: 'attempt-retried'; readonly reason: string; readonly delaySeconds: number })
  /** Lines between the two times may be missing. */
  | (OfAttempt & { readonly type: 'log-gap'; readonly from: string; readonly to: string })
  /** Somebody wished the run to end. */
  | (Base & { readonly type: 'run-cancelling'; readonly by: string })
  /** A sentence for the person that changes nothing: a warning, a notice. */
  | (Base & { readonly type: 'notice'; readonly level: 'info' | 'warning'; readonly message: string })
  /** This driver or follower ends; always the last event. `next` is the command to type now, `after` what then, when there is such. */
  | (Base & {
      readonly type: 'run-ended';
      readonly phase: RunPhase;
      readonly exitCode: number;
      readonly message: string;
      readonly next?: string;
      /** Once the fault is known, a line each: when, and the command. */
      readonly after?: readonly string[];
      readonly overhead?: Overhead;
    });

/** Where a run's seconds went: the stages' own, and ours (submit, notice the end, submit the next). */
export interface Overhead {
  readonly stageSeconds: number;
  /** Making what the stages run in, packages above all; absent where that took no time. */
  readonly preparingSeconds?: number;
  readonly ownSeconds: number;
  /** What this program asked of a cluster; absent where there is none. */
  readonly requests?: number;
  /** TLS connections that took. */
  readonly connections?: number;
}
