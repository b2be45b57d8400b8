import type { AttemptWarning } from '../attempt/progress.ts';
import type { Json } from '../json.ts';
import type { ShownPhase, StagePhase } from '../run/run-phase.ts';
import type { DataReport, ScoreReport } from './findings.ts';
import type { GpuHours } from './gpu-hours.ts';
import type { Series } from './series.ts';
import type { Span } from './spans.ts';

/*
 * What `report` tells of runs, as plain data: the pages are made from it, and `--format json` prints it (docs/reports.md).
 * Names and meanings only grow. Times are RFC 3339, UTC; durations are seconds; what is not known is absent, never 0.
 */

/** Several runs, in the order in which they were named. */
export interface Report {
  readonly apiVersion: 'ilab-backend.dev/v1alpha1';
  readonly kind: 'Report';
  /** The version of the program that made it. */
  readonly program: string;
  /** As of when: a run that was under way has gone on since. */
  readonly madeAt: string;
  readonly runs: readonly RunReport[];
}

/** One run. */
export interface RunReport {
  readonly name: string;
  readonly id: string;
  readonly phase: ShownPhase;
  /** One sentence on how it stands. */
  readonly message: string;
  readonly pipeline: { readonly name: string; readonly version: string };
  readonly profile?: string;
  readonly target: 'local' | 'kubernetes';
  /** A state folder or a namespace of a cluster. */
  readonly place: string;
  readonly createdBy: { readonly user: string; readonly host: string };
  readonly createdAt: string;
  /** When the last attempt ended; absent while it is under way, and where nothing ran. */
  readonly endedAt?: string;
  /** Same digest = same plan. */
  readonly planDigest: string;
  /** Seconds of the stages themselves, of installing what they run in (absent where that took none), and of this program before and after them. */
  readonly seconds: { readonly stages: number; readonly preparing?: number; readonly own: number };
  readonly gpuHours: GpuHours;
  readonly stages: readonly StageReport[];
  /** Every attempt that did not end well, oldest first. */
  readonly failures: readonly FailureReport[];
  /** What their logs warned of, also where the stage ended well. */
  readonly warnings: readonly WarningReport[];
  /** What trainers and others told of themselves while they ran. */
  readonly series: readonly Series[];
  readonly scores: readonly ScoreReport[];
  readonly data: readonly DataReport[];
  readonly gates: readonly GateReport[];
  /** Every value that decided the run, in the order of the pipeline's schema. */
  readonly values: readonly ValueReport[];
  readonly inputs: readonly InputReport[];
  readonly outputs: readonly OutputReport[];
  readonly images: readonly { readonly image: string; readonly reference: string; readonly identity: string }[];
  /** The pipeline's file, templates and overlays as they were when the run was planned, by SHA-256. */
  readonly files: readonly { readonly path: string; readonly digest: string }[];
  /** What could not be read, a sentence each: a report without it says so. */
  readonly missing: readonly string[];
}

/** One stage. */
export interface StageReport {
  readonly name: string;
  readonly phase: StagePhase;
  /** Why it was skipped or refused. */
  readonly reason?: string;
  /** Whose result it took; absent when it made its own. */
  readonly reused?: { readonly run: string; readonly stage: string; readonly attempt: number };
  /** Where a person was asked. */
  readonly approval?: { readonly askedAt: string; readonly givenAt?: string; readonly by?: string };
  readonly attempts: readonly AttemptReport[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly chosen?: string;
}

/** One try of a stage. */
export interface AttemptReport {
  /** Counts from 1. */
  readonly attempt: number;
  readonly phase: StagePhase;
  readonly gpus?: number;
  /** Where its seconds went, in order; see docs/reports.md for what each target tells. */
  readonly spans: readonly Span[];
}

/** An attempt that failed, was lost or cancelled, and what followed. */
export interface FailureReport {
  readonly stage: string;
  readonly attempt: number;
  readonly kind: 'failed' | 'lost' | 'cancelled';
  /** For programs: `exit`, `out of memory` and so on; absent where it did not fail. */
  readonly reason?: string;
  /** Where it comes from. */
  readonly class?: 'config' | 'infra' | 'user';
  readonly message: string;
  readonly at?: string;
  /** A later attempt of the stage ended well. */
  readonly isMended: boolean;
}

/** A warning of an attempt's log. */
export interface WarningReport extends AttemptWarning {
  /** The run that made the attempt: another one where its result was taken over. */
  readonly run: string;
}

/** A condition that a stage starts on. */
export interface GateReport {
  readonly stage: string;
  readonly gate: string;
  readonly condition: string;
  readonly verdict: 'passed' | 'refused' | 'not judged' | 'does not apply';
  /** Both sides of each comparison. */
  readonly sides: readonly { readonly expression: string; readonly value?: Json }[];
  /** Why it refused. */
  readonly reason?: string;
}

/** A value and where it came from: a file with its line, a flag, a variable; `default` for what nobody gave. */
export interface ValueReport {
  readonly path: string;
  readonly value: string | number;
  readonly origin: string;
}

/** Data from outside, or of another stage, as it was taken. */
export interface InputReport {
  readonly stage: string;
  readonly input: string;
  /** Where it lay: a path, a URI. */
  readonly from: string;
  /** A digest, a commit, a revision; a name for what an engine knows by itself. */
  readonly version: string;
}

/** What a stage made. */
export interface OutputReport {
  readonly stage: string;
  readonly name: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** The run that made it. */
  readonly run: string;
}
