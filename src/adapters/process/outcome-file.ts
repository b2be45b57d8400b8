import type { Outcome } from '../../domain/attempt/outcome.ts';
import type { StoreReport } from '../../domain/attempt/store-sidecar.ts';
import { readIfThere } from '../files/durable-file.ts';
import type { AttemptFolder } from './attempt-folder.ts';

/** `outcome.json`: how an attempt ended. When it is there, the logs are complete and nothing of the attempt runs. */
export interface OutcomeFile {
  readonly version: 1;
  readonly uid: string;
  readonly outcome: Outcome;
  /** When `main` began, RFC 3339; absent when it never did. */
  readonly startedAt?: string;
  readonly endedAt: string;
  /** What the sidecar that stores outputs said at its end; absent where there is none. */
  readonly stored?: StoreReport;
}

/** Undefined while the attempt goes on. */
export function readOutcome(folder: AttemptFolder): OutcomeFile | undefined {
  const text = readIfThere(folder.outcome);
  return text === undefined ? undefined : (JSON.parse(text) as OutcomeFile);
}
