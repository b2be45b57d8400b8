/** Where a failure comes from: it decides which retry budget is used. */
export type FailureClass = 'config' | 'infra' | 'user';

/** What a stage made, as its `result.json` says (docs/stage-contract.md). */
export interface ArtifactResult {
  readonly name: string;
  /** Relative to the attempt's artifacts folder. */
  readonly path: string;
  /** `sha256:<hex>` of the file, or of the listing of a folder; `attempt:<uid>` of what a plain stage made where its files cannot be read. */
  readonly digest: string;
  /** Bytes; of a folder the sum over its files; 0 where they cannot be read. */
  readonly size: number;
}

/** The small JSON a stage leaves behind: what gates, reuse keys and scores are read from. */
export interface StageResult {
  readonly version: 1;
  readonly metrics: Readonly<Record<string, number>>;
  readonly artifacts: readonly ArtifactResult[];
  /** Which of several candidates the stage chose, e.g. a checkpoint's name. */
  readonly chosen?: string;
}

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: StageResult }
  | {
      readonly kind: 'failed';
      readonly class: FailureClass;
      /** Why, as a word for programs. */
      readonly reason: FailureReason;
      /** One sentence for people. */
      readonly message: string;
      readonly exitCode?: number;
      readonly signal?: string;
      /** The container that failed, when it was not `main`. */
      readonly container?: string;
    }
  /** We ended it: `cancel`, or a run's timeout. */
  | { readonly kind: 'cancelled'; readonly message: string }
  /** The object vanished before its outcome was seen. */
  | { readonly kind: 'lost'; readonly message: string };

/** Why an attempt failed. `retry` of its stage decides what follows. */
export type FailureReason =
  /** A non-zero exit code other than 64 and 75. */
  | 'exit'
  /** Ended by a signal that we did not send. */
  | 'signal'
  /** Exit 64: the input or the parameters are at fault. */
  | 'bad-input'
  /** Exit 75: try again later. */
  | 'try-again'
  /** `activeDeadlineSeconds` of the stage ran out. */
  | 'deadline'
  /** Exit 0 without a result.json. */
  | 'no-result'
  /** A result.json that is not one, or that names what is not there. */
  | 'invalid-result'
  /** The command could not be started: not found, not executable, environment not built. */
  | 'cannot-start'
  /** An init container or a sidecar failed. */
  | 'helper-failed'
  /** It used more memory or disk than it was given. */
  | 'over-limit'
  /** What it ran on was taken away: evicted, preempted, node lost, deleted by somebody. */
  | 'disrupted'
  /** A warning of its log that `stopOn` of the stage names: we ended it. */
  | 'stopped-on-warning'
  /** An output or input changed after it was recorded. */
  | 'digest-mismatch';

/**
 * Whether an attempt may have left lines in a log. `began`: its main container is known to have run. What could not start
 * left none, unless a container beside it had begun.
 */
export function mayHaveLog(outcome: Outcome, began: boolean): boolean {
  if (began || outcome.kind !== 'failed' || outcome.reason !== 'cannot-start') return true;
  return outcome.container !== undefined && (outcome.class !== 'config' || outcome.exitCode !== undefined);
}
