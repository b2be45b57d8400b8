import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { RunName, StageName } from '../naming.ts';

/*
 * The run record: everything a driver must know to go on, whoever starts it and where. It is stored as one
 * document (SQLite here, a ConfigMap on a cluster), is parsed with the schemas below when it is read, and only
 * moves forward: see merge.ts.
 */

const time = z.iso.datetime();
const runName = z.string().transform((text) => text as RunName);
const stageName = z.string().transform((text) => text as StageName);
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const stageResult = z.object({
  version: z.literal(1),
  metrics: z.record(z.string(), z.number()).readonly(),
  artifacts: z.array(z.object({ name: z.string(), path: z.string(), digest: z.string(), size: z.number() })).readonly(),
  chosen: z.string().exactOptional(),
});

/** How an attempt ended, as it is stored. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('succeeded'), result: stageResult }),
  z.object({
    kind: z.literal('failed'),
    class: z.enum(['config', 'infra', 'user']),
    reason: z.enum([
      'exit',
      'signal',
      'bad-input',
      'try-again',
      'deadline',
      'no-result',
      'invalid-result',
      'cannot-start',
      'helper-failed',
      'over-limit',
      'disrupted',
      'stopped-on-warning',
      'digest-mismatch',
    ]),
    message: z.string(),
    exitCode: z.number().exactOptional(),
    signal: z.string().exactOptional(),
    container: z.string().exactOptional(),
  }),
  z.object({ kind: z.literal('cancelled'), message: z.string() }),
  z.object({ kind: z.literal('lost'), message: z.string() }),
]);

const inputBinding = z.object({ path: z.string().exactOptional(), uri: z.string(), digest: z.string() });

/** The states of an attempt, in the only order they are passed through. */
export const ATTEMPT_STATES = ['intent', 'bound', 'outcome', 'logs-complete', 'cleaned'] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

const attempt = z.object({
  attempt: z.int().min(1),
  /** The epoch of the run in which it was intended: retry budgets count within one epoch. */
  epoch: z.int().min(1),
  state: z.enum(ATTEMPT_STATES),
  /** `<run id>/<stage>/<attempt>/<sha256 of the rendered manifest>`: what says that an object found is ours. */
  key: z.string(),
  bindings: z.object({ inputs: z.record(z.string(), inputBinding) }),
  /** The target's identity of the object; absent before `bound`. */
  uid: z.string().exactOptional(),
  /** GPUs that its pods hold while they live; absent = none. */
  gpus: z.int().min(1).exactOptional(),
  outcome: outcomeSchema.exactOptional(),
  at: z.object({
    intent: time,
    bound: time.exactOptional(),
    /** When its first pod got a node, and with it its GPUs, as the cluster says; absent where there are no nodes. */
    placed: time.exactOptional(),
    /** When that pod was made; later than `bound` where a queue held it back. */
    podCreated: time.exactOptional(),
    /** When the first of its init containers began, and when all had ended or were ready; absent where there are none. */
    initStarted: time.exactOptional(),
    initEnded: time.exactOptional(),
    /** When the main container began, as the target says. */
    started: time.exactOptional(),
    /** When the attempt ended, as the target says. */
    ended: time.exactOptional(),
    /** When the outcome was noticed here. */
    outcome: time.exactOptional(),
    logsComplete: time.exactOptional(),
    cleaned: time.exactOptional(),
  }),
});
export type AttemptRecord = z.infer<typeof attempt>;

const reuseParts = z.object({
  contract: z.string(),
  containers: jsonObject,
  params: jsonObject,
  inputs: z.record(z.string(), z.string()).readonly(),
  values: jsonObject.exactOptional(),
});

const origin = z.object({ run: z.string(), stage: z.string(), attempt: z.int() });

const decision = z.discriminatedUnion('kind', [
  /** It runs (or ran) here. */
  z.object({ kind: z.literal('run'), at: time }),
  /** Its result was taken from another run's attempt. */
  z.object({ kind: z.literal('reuse'), from: origin, result: stageResult, at: time }),
  /** `when` was false, or it was not among the stages asked for. */
  z.object({ kind: z.literal('skip'), reason: z.string(), at: time }),
  /** A gate refused it. */
  z.object({ kind: z.literal('refuse'), gate: z.string(), reason: z.string(), at: time, epoch: z.int().min(1) }),
]);
export type StageDecision = z.infer<typeof decision>;

/** A person is asked whether the stage may start. A refusal is the stage's decision, with the gate `approval`. */
const approval = z.object({
  asked: time,
  /** The epoch of the run in which it was asked. */
  epoch: z.int().min(1),
  /** Absent until somebody agreed. */
  given: z.object({ at: time, by: z.string(), reason: z.string().exactOptional() }).exactOptional(),
});
export type ApprovalRecord = z.infer<typeof approval>;

const stage = z.object({
  name: stageName,
  /** Absent until it is made: when all it needs is done. */
  decision: decision.exactOptional(),
  /** Absent where nobody was asked. */
  approval: approval.exactOptional(),
  attempts: z.array(attempt),
  /** The parts of the reuse key, kept so that a later plan can say what changed; absent before the inputs are known. */
  reuse: z.object({ key: z.string(), parts: reuseParts }).exactOptional(),
});
export type StageRecord = z.infer<typeof stage>;

const driver = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  user: z.string(),
  startedAt: time,
  endedAt: time.exactOptional(),
});
export type DriverRecord = z.infer<typeof driver>;

/** The record of a run as it is stored; states in it only move forward. A higher `version` is of a newer program. */
export const runRecordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  name: runName,
  pipeline: z.object({ name: z.string(), version: z.string() }),
  target: z.enum(['local', 'kubernetes']),
  profile: z.string().exactOptional(),
  createdAt: time,
  createdBy: z.object({ user: z.string(), host: z.string() }),
  /** SHA-256 of the stored sources: same digest = same plan. */
  planDigest: z.string(),
  /** The wish to cancel. Never withdrawn except by `resume`, which raises `epoch`. */
  cancel: z.object({ at: time, by: z.string(), reason: z.string().exactOptional(), epoch: z.int() }).exactOptional(),
  /** Counts the times the run was started: 1, then +1 for each `resume` that gives failed stages a new attempt. */
  epoch: z.int().min(1),
  /** Seconds that each further attempt may run, as a `resume` said over the plan; absent = as the plan says. */
  runTimeout: z.int().min(1).exactOptional(),
  drivers: z.array(driver),
  /** Ids of the messages about it that somebody outside has taken (see notification.ts); absent = none. */
  notified: z.array(z.string()).exactOptional(),
  stages: z.array(stage),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
