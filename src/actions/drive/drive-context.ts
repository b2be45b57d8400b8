import type { RunEvent } from '../../domain/event.ts';
import { type Deps, timestamp } from '../deps.ts';
import type { DecisionContext } from '../plan/decide-stage.ts';
import type { RunSession } from './run-session.ts';

/** What the stages of one driven run share. */
export interface DriveContext {
  readonly deps: Deps;
  readonly session: RunSession;
  readonly decision: DecisionContext;
  /** Makes ready what all that may still run runs in; called before the first INTENT, costs nothing when it is. */
  readonly prepare: () => Promise<void>;
  /** For what changes no record: waiting, progress. */
  readonly emit: (event: RunEvent) => void;
  /** Fires when this driver shall stop watching; the stages go on. */
  readonly signal: AbortSignal;
  /** Fires when another driver may live: nothing is submitted or deleted from then on. `signal` fires with it. */
  readonly lost: AbortSignal;
  /** Fires when somebody wished the run to end. */
  readonly cancelling: AbortSignal;
  /** To be told that the place the run lives in is being deleted: nothing of it can be looked at or gone on with. */
  readonly placeGone: () => void;
}

/** Tells the person something that changes nothing. */
export function notice(context: DriveContext, message: string, level: 'info' | 'warning' = 'warning'): void {
  const { emit, deps, session } = context;
  emit({ type: 'notice', time: timestamp(deps.clock), run: session.record.name, level, message });
}
