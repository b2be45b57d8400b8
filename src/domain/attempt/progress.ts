import type { JsonObject } from '../json.ts';

/** How far an attempt is: what it says of itself on a progress line (docs/stage-contract.md), or what its trainer's own lines say. */
export interface Progress {
  /** One line. */
  readonly message?: string;
  /** 0 to 1. */
  readonly fraction?: number;
  /** Steps that are done, of `steps`: a trainer's optimizer steps, a generator's samples. */
  readonly step?: number;
  readonly steps?: number;
  /** Epochs that are done; a part of one is a fraction. */
  readonly epoch?: number;
  /** How long the rest will take at the pace so far. */
  readonly etaSeconds?: number;
  /** Values of now, e.g. `loss`, `learning_rate`, `grad_norm`, `tokens_per_second`; the texts `NaN`, `Infinity` and `-Infinity` for what is no number. */
  readonly metrics?: JsonObject;
}

/** What a log can tell of an attempt that still runs. */
export const WARNING_KINDS = ['nan', 'stall', 'collective-timeout', 'out-of-memory', 'gpu-fault'] as const;
export type WarningKind = (typeof WARNING_KINDS)[number];

/** A warning, and the attempt whose log gave it. */
export interface AttemptWarning extends Warning {
  readonly stage: string;
  readonly attempt: number;
  /** When it was said, RFC 3339. */
  readonly at: string;
}

/** What the log of an attempt tells so far. */
export interface LogSight {
  /** In their order. */
  readonly warnings: readonly AttemptWarning[];
  /** The newest, of an attempt that goes on. */
  readonly progress?: ToldProgress;
}

/** `at`: when it was said, RFC 3339. */
export interface ToldProgress {
  readonly at: string;
  readonly progress: Progress;
}

/** What logs tell, by stage and attempt. An attempt whose log was not read is absent. */
export type LogSights = ReadonlyMap<string, ReadonlyMap<number, LogSight>>;

/** Nothing was read. */
export const NOT_READ: LogSights = new Map();

/** A fault that a person should look at before the attempt has cost more. */
export interface Warning {
  readonly kind: WarningKind;
  /** One sentence. */
  readonly message: string;
  /** The line of the log that says it; absent where silence does. */
  readonly evidence?: string;
  /** What to change, e.g. the parameter. */
  readonly fix?: string;
  /** What to type for it: a new run with the parameter changed, or the same one again. */
  readonly command?: string;
}
