/**
 * The catalogue of everything that can stop a command: one exit code and one hint a code; error-texts.ts has more of each.
 * A failed stage is not in it: that is an `Outcome`, a value.
 */
export const ERRORS = {
  'bad-usage': { exitCode: 2, hint: 'see `ilab-backend help`' },
  'bad-template': { exitCode: 2, hint: 'the template language is described in docs/templates.md' },
  'bad-pipeline': { exitCode: 2, hint: 'the pipeline format is described in docs/templates.md' },
  'bad-config': {
    exitCode: 2,
    hint: 'see every value and where it comes from: `ilab-backend config view --show-origin`',
  },
  'bad-params': { exitCode: 2, hint: 'see the parameters: `ilab-backend pipelines show PIPELINE`' },
  'bad-input': { exitCode: 2, hint: 'see what the stage takes: `ilab-backend pipelines show PIPELINE`' },
  'unknown-pipeline': { exitCode: 2, hint: 'see the pipelines: `ilab-backend pipelines list`' },
  'unknown-profile': { exitCode: 2, hint: 'see the profiles: `ilab-backend pipelines show PIPELINE`' },
  'unknown-stage': { exitCode: 2, hint: 'see the stages: `ilab-backend pipelines show PIPELINE`' },
  'not-supported': { exitCode: 2, hint: 'choose another variant or profile' },
  'cannot-start': { exitCode: 5, hint: 'see what is missing here: `ilab-backend doctor`' },
  unreachable: { exitCode: 6, hint: 'try again when it answers' },
  'not-found': { exitCode: 7, hint: 'see the runs: `ilab-backend list`' },
  'run-lost': {
    exitCode: 9,
    hint: 'somebody removed it, or its place with all that was in it; what was submitted may go on. To begin anew: `ilab-backend run`',
  },
  'name-taken': { exitCode: 8, hint: 'choose another name with `--name`' },
  'still-running': { exitCode: 8, hint: 'end it first: `ilab-backend cancel RUN`' },
  'in-use': { exitCode: 8, hint: 'remove what builds on it first: `ilab-backend rm RUN`' },
  'storage-failed': {
    exitCode: 1,
    hint: 'free space, or choose another folder with `--state-dir`',
  },
  'state-broken': { exitCode: 1, hint: "move the file away to start afresh; the runs' folders stay" },
  interrupted: { exitCode: 130, hint: 'what was recorded is kept: `ilab-backend list` shows the runs' },
  'state-newer': { exitCode: 1, hint: 'use the newer ilab-backend that wrote it' },
} as const satisfies Record<string, { readonly exitCode: number; readonly hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** What a fault can carry beside its code and its message. */
export interface UserErrorOptions {
  readonly cause?: unknown;
  /** Replaces the catalogue's hint where a better one is known. */
  readonly hint?: string;
}

/** A fault the person can mend. Anything else that is thrown is a bug of ours (exit 70). */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
  }

  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }

  /** Where more is said of it; the file comes with the program. */
  get docs(): string {
    return `docs/errors.md#${this.code}`;
  }
}

/** Whether this was thrown because `signal` had fired, and says nothing else. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return (
    error === signal.reason ||
    (error instanceof Error && (error.name === 'AbortError' || error.cause === signal.reason))
  );
}

/** For the `default:` of a switch over a union: a new member without a case becomes a type error. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
