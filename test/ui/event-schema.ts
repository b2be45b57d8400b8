import { z } from 'zod';
import type { RunEvent } from '../../src/domain/event.ts';

/*
 * The event stream as its readers may rely on it: what docs/events.md and docs/events.schema.json say. It is written
 * apart from the union on purpose: a change of the union that would break a reader fails here.
 */

const time = z.iso.datetime({ precision: 3 });
const label = z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
/** `version` stands on the first event of a stream. */
const base = { version: z.literal(1).exactOptional(), time, run: label.max(30) };
const ofStage = { ...base, stage: label.max(16) };
const ofAttempt = { ...ofStage, attempt: z.int().min(1) };
const metrics = z.record(z.string(), z.number());
const seconds = z.number().min(0);

const result = z.strictObject({
  version: z.literal(1),
  metrics,
  artifacts: z.array(
    z.strictObject({ name: z.string(), path: z.string(), digest: z.string(), size: z.number().min(0) }),
  ),
  chosen: z.string().exactOptional(),
});

const failureReason = z.enum([
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
]);

const outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('succeeded'), result }),
  z.strictObject({
    kind: z.literal('failed'),
    class: z.enum(['config', 'infra', 'user']),
    reason: failureReason,
    message: z.string(),
    exitCode: z.int().exactOptional(),
    signal: z.string().exactOptional(),
    container: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('cancelled'), message: z.string() }),
  z.strictObject({ kind: z.literal('lost'), message: z.string() }),
]);

const progress = z.strictObject({
  message: z.string().exactOptional(),
  fraction: z.number().min(0).max(1).exactOptional(),
  step: z.number().min(0).exactOptional(),
  steps: z.number().min(0).exactOptional(),
  epoch: z.number().min(0).exactOptional(),
  etaSeconds: seconds.exactOptional(),
  metrics: z.record(z.string(), z.json()).exactOptional(),
});

const warning = z.strictObject({
  kind: z.enum(['nan', 'stall', 'collective-timeout', 'out-of-memory', 'gpu-fault']),
  message: z.string(),
  evidence: z.string().exactOptional(),
  fix: z.string().exactOptional(),
  command: z.string().exactOptional(),
});

const phase = z.enum(['Running', 'Interrupted', 'Succeeded', 'Failed', 'Refused', 'CannotStart', 'Cancelled', 'Lost']);

/** One schema a member of the union; a member without one is a type error. */
export const EVENT_SCHEMAS = {
  'run-started': z.strictObject({
    type: z.literal('run-started'),
    ...base,
    id: z.string(),
    pipeline: z.string(),
    target: z.enum(['local', 'kubernetes']),
    stages: z.array(label),
    selected: z.array(label).exactOptional(),
    driving: z.boolean(),
  }),
  'stage-preparing': z.strictObject({ type: z.literal('stage-preparing'), ...ofStage, message: z.string() }),
  'stage-reused': z.strictObject({
    type: z.literal('stage-reused'),
    ...ofStage,
    from: z.strictObject({ run: z.string(), stage: z.string(), attempt: z.int().min(1) }),
    metrics,
  }),
  'stage-skipped': z.strictObject({ type: z.literal('stage-skipped'), ...ofStage, reason: z.string() }),
  'stage-refused': z.strictObject({
    type: z.literal('stage-refused'),
    ...ofStage,
    gate: z.string(),
    reason: z.string(),
  }),
  'approval-asked': z.strictObject({ type: z.literal('approval-asked'), ...ofStage }),
  'approval-given': z.strictObject({
    type: z.literal('approval-given'),
    ...ofStage,
    by: z.string(),
    reason: z.string().exactOptional(),
  }),
  'attempt-intended': z.strictObject({
    type: z.literal('attempt-intended'),
    ...ofAttempt,
    key: z.string(),
    gpus: z.int().min(1).exactOptional(),
  }),
  'attempt-bound': z.strictObject({ type: z.literal('attempt-bound'), ...ofAttempt, uid: z.string() }),
  'attempt-waits': z.strictObject({
    type: z.literal('attempt-waits'),
    ...ofAttempt,
    reason: z.string(),
    fix: z.string().exactOptional(),
  }),
  'attempt-started': z.strictObject({ type: z.literal('attempt-started'), ...ofAttempt }),
  'attempt-progress': z.strictObject({ type: z.literal('attempt-progress'), ...ofAttempt, progress }),
  'attempt-warned': z.strictObject({ type: z.literal('attempt-warned'), ...ofAttempt, warning }),
  'attempt-ended': z.strictObject({
    type: z.literal('attempt-ended'),
    ...ofAttempt,
    outcome,
    seconds: seconds.exactOptional(),
  }),
  'attempt-retried': z.strictObject({
    type: z.literal('attempt-retried'),
    ...ofAttempt,
    reason: z.string(),
    delaySeconds: seconds,
  }),
  'log-gap': z.strictObject({ type: z.literal('log-gap'), ...ofAttempt, from: time, to: time }),
  'run-cancelling': z.strictObject({ type: z.literal('run-cancelling'), ...base, by: z.string() }),
  notice: z.strictObject({
    type: z.literal('notice'),
    ...base,
    level: z.enum(['info', 'warning']),
    message: z.string(),
  }),
  'run-ended': z.strictObject({
    type: z.literal('run-ended'),
    ...base,
    phase,
    exitCode: z.int().min(0).max(255),
    message: z.string(),
    next: z.string().exactOptional(),
    after: z.array(z.string()).exactOptional(),
    overhead: z
      .strictObject({
        stageSeconds: seconds,
        preparingSeconds: seconds.exactOptional(),
        ownSeconds: seconds,
        requests: z.int().min(0).exactOptional(),
        connections: z.int().min(0).exactOptional(),
      })
      .exactOptional(),
  }),
} as const satisfies { readonly [T in RunEvent['type']]: z.ZodType<{ type: T }> };

/** Any line of the stream. */
export const eventSchema = z.discriminatedUnion('type', [
  EVENT_SCHEMAS['run-started'],
  EVENT_SCHEMAS['stage-preparing'],
  EVENT_SCHEMAS['stage-reused'],
  EVENT_SCHEMAS['stage-skipped'],
  EVENT_SCHEMAS['stage-refused'],
  EVENT_SCHEMAS['approval-asked'],
  EVENT_SCHEMAS['approval-given'],
  EVENT_SCHEMAS['attempt-intended'],
  EVENT_SCHEMAS['attempt-bound'],
  EVENT_SCHEMAS['attempt-waits'],
  EVENT_SCHEMAS['attempt-started'],
  EVENT_SCHEMAS['attempt-progress'],
  EVENT_SCHEMAS['attempt-warned'],
  EVENT_SCHEMAS['attempt-ended'],
  EVENT_SCHEMAS['attempt-retried'],
  EVENT_SCHEMAS['log-gap'],
  EVENT_SCHEMAS['run-cancelling'],
  EVENT_SCHEMAS.notice,
  EVENT_SCHEMAS['run-ended'],
]);
