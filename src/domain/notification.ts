import type { WarningKind } from './attempt/progress.ts';
import { unreachable } from './errors.ts';
import type { RunEvent } from './event.ts';
import { maskTokens } from './redaction/token-shapes.ts';
import { isAwaitingApproval, type RunPhase, stagePhase } from './run/run-phase.ts';
import type { RunRecord } from './run/run-record.ts';

/** What people are told of beside the terminal; a message's type is `run.` and one of these. */
export const NOTIFICATION_KINDS = [
  /** Every stage is done. */
  'done',
  /** A stage failed, was lost or could not start, or a gate refused. */
  'failed',
  'cancelled',
  /** A person must agree before a stage starts. */
  'waiting',
  /** A stage still runs and makes no step. */
  'stalled',
  /** The log of a stage that still runs tells of another fault. */
  'warned',
  /** Its driver ended by a fault and the run did not: nothing follows before `resume`. */
  'stopped',
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** No step is made, or ranks wait for each other. */
const STANDS_STILL: ReadonlySet<WarningKind> = new Set(['stall', 'collective-timeout']);
/** Characters; a sentence may quote a line of a log. */
const LONGEST_MESSAGE = 1000;

/** A reference to a secret: a variable or a file of this machine (`env`, `file`), or a Secret of a cluster. */
interface Reference {
  readonly name: string;
  readonly key: string;
}

/** Who is told of a run, and of what; stored with the run. */
export interface NotifySettings {
  /** Where messages go; holds no user, password or query. Absent = `urlFrom` refers to it. */
  readonly url?: string;
  readonly urlFrom?: Reference;
  /** What messages are signed with: `whsec_` and base64. */
  readonly secret: Reference;
  readonly on: readonly NotificationKind[];
}

/** One message, as docs/notifications.schema.json has its body; `id` goes beside it and is the same whoever sends it again. */
export interface Notification {
  readonly id: string;
  readonly kind: NotificationKind | 'test';
  readonly body: {
    readonly version: 1;
    readonly type: `run.${NotificationKind}` | 'test';
    /** RFC 3339, UTC: when it happened. */
    readonly timestamp: string;
    readonly data: NotificationData | { readonly message: string };
  };
}

interface NotificationData {
  readonly run: string;
  readonly id: string;
  readonly pipeline: string;
  readonly target: 'local' | 'kubernetes';
  readonly phase: RunPhase;
  /** What the driver ends with; absent while it goes on. */
  readonly exitCode?: number;
  readonly stage?: string;
  readonly attempt?: number;
  readonly warning?: WarningKind;
  /** One sentence. */
  readonly message: string;
  /** What to type now. */
  readonly next?: string;
}

/** What is told of an event, `record` being the run as it is by then; undefined where nothing is. */
export function notificationOf(event: RunEvent, record: RunRecord): Notification | undefined {
  switch (event.type) {
    case 'run-ended':
      return endOf(event, record);
    case 'approval-asked': {
      const stage = record.stages.find(({ name }) => name === event.stage);
      // Whoever joins later is told the past too.
      if (stage === undefined || !isAwaitingApproval(stage)) return undefined;
      const { name } = record;
      const told = { stage: event.stage, message: `${event.stage} waits for approval` };
      const next = `ilab-backend approve ${name} ${event.stage}`;
      return message('waiting', [event.stage, stage.approval?.epoch ?? record.epoch], record, event.time, {
        ...{ phase: 'Running', ...told, next },
      });
    }
    case 'attempt-warned': {
      const { stage, attempt, warning } = event;
      const kind = STANDS_STILL.has(warning.kind) ? 'stalled' : 'warned';
      const next = `ilab-backend logs ${record.name} ${stage}`;
      return message(kind, [stage, attempt, warning.kind], record, event.time, {
        ...{ phase: 'Running', stage, attempt, warning: warning.kind, message: warning.message, next },
      });
    }
    default:
      return undefined;
  }
}

/** That the driver ended by a fault: the number of drivers so far makes each such end one of its own. */
export function stoppedNotification(
  record: RunRecord,
  time: string,
  fault: { readonly exitCode: number; readonly message: string },
): Notification {
  const next = `ilab-backend resume ${record.name}`;
  return message('stopped', [record.drivers.length], record, time, { phase: 'Interrupted', ...fault, next });
}

/** A message about nothing, to try the way. */
export function testNotification(id: string, time: string): Notification {
  const data = { message: 'a test of `ilab-backend doctor --notify`' };
  return { id: `test_${id}`, kind: 'test', body: { version: 1, type: 'test', timestamp: time, data } };
}

function endOf(event: Extract<RunEvent, { type: 'run-ended' }>, record: RunRecord): Notification | undefined {
  const kind = kindOf(event.phase);
  if (kind === undefined) return undefined;
  const { phase, exitCode, message: text, next } = event;
  const stage = record.stages.find((one) => stagePhase(one) === phase)?.name;
  return message(kind, [record.epoch], record, event.time, {
    ...{ phase, exitCode, message: text },
    ...(stage === undefined || kind === 'done' ? {} : { stage }),
    ...(next === undefined ? {} : { next }),
  });
}

/** Undefined for a phase that is no end: whoever ended this driver knows. */
function kindOf(phase: RunPhase): NotificationKind | undefined {
  switch (phase) {
    case 'Succeeded':
      return 'done';
    case 'Failed':
    case 'Refused':
    case 'CannotStart':
    case 'Lost':
      return 'failed';
    case 'Cancelled':
      return 'cancelled';
    case 'Running':
    case 'Interrupted':
      return undefined;
    default:
      return unreachable(phase);
  }
}

function message(
  kind: NotificationKind,
  about: readonly (string | number)[],
  record: RunRecord,
  time: string,
  rest: Omit<NotificationData, 'run' | 'id' | 'pipeline' | 'target'>,
): Notification {
  const { id, name: run, pipeline, target } = record;
  const data = {
    run,
    id,
    pipeline: pipeline.name,
    target,
    ...rest,
    message: maskTokens(rest.message).slice(0, LONGEST_MESSAGE),
  };
  return {
    // A dot would divide it in what is signed.
    id: ['run', id, kind, ...about].join('_'),
    kind,
    body: { version: 1, type: `run.${kind}`, timestamp: time, data },
  };
}
