import type { RunEvent } from '../../src/domain/event.ts';
import type { RunName, StageName } from '../../src/domain/naming.ts';

/*
 * Runs as their events tell them, with fixed times: what the subscribers are shown in tests. A member of the union
 * that no story holds is found by the test of docs/events.md.
 */

const run = 'weekly-47' as RunName;
const [datagen, train, evaluate, publish] = ['datagen', 'train', 'eval', 'publish'] as readonly string[] as [
  StageName,
  StageName,
  StageName,
  StageName,
];

/** So many seconds after midnight. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

type Change<T extends RunEvent['type']> = Omit<Extract<RunEvent, { type: T }>, 'type' | 'time' | 'run'>;

function event<T extends RunEvent['type']>(type: T, seconds: number, change: Change<T>): RunEvent {
  return { type, time: at(seconds), run, ...change } as unknown as RunEvent;
}

function started(driving = true, seconds = 0): RunEvent {
  const stages = [datagen, train, evaluate, publish];
  return event('run-started', seconds, { id: '0197', pipeline: 'instructlab', target: 'local', stages, driving });
}

function submitted(stage: StageName, attempt: number, seconds: number): readonly RunEvent[] {
  return [
    event('attempt-intended', seconds, { stage, attempt, key: `0197/${stage}/${attempt}/ab12` }),
    event('attempt-bound', seconds + 0.1, { stage, attempt, uid: `uid-${stage}-${attempt}` }),
    event('attempt-started', seconds + 0.2, { stage, attempt }),
  ];
}

function succeeded(
  stage: StageName,
  attempt: number,
  end: number,
  ran: number,
  metrics: Readonly<Record<string, number>>,
): RunEvent {
  const artifacts = [{ name: 'model', path: 'model', digest: `sha256:${'ab'.repeat(32)}`, size: 218_000_000 }];
  const outcome = { kind: 'succeeded', result: { version: 1, metrics, artifacts } } as const;
  return event('attempt-ended', end, { stage, attempt, outcome, seconds: ran });
}

function crashed(stage: StageName, attempt: number, end: number): RunEvent {
  const outcome = {
    kind: 'failed',
    class: 'user',
    reason: 'exit',
    message: 'the main container ended with exit code 1',
    exitCode: 1,
  } as const;
  return event('attempt-ended', end, { stage, attempt, outcome, seconds: 11.8 });
}

const reused = event('stage-reused', 0.5, {
  stage: datagen,
  from: { run: 'weekly-46', stage: 'datagen', attempt: 1 },
  metrics: { leaves: 9 },
});
const progress = (seconds: number, fraction: number): RunEvent =>
  event('attempt-progress', seconds, {
    stage: train,
    attempt: 1,
    progress: { message: 'epoch 2 of 3', fraction, metrics: { loss: 1.23456 } },
  });

const good: readonly RunEvent[] = [
  started(),
  event('stage-preparing', 0.3, { stage: datagen, message: 'installing the environment of stages/datagen/seed' }),
  ...submitted(datagen, 1, 5),
  succeeded(datagen, 1, 8, 2.8, { leaves: 9, examples: 120 }),
  ...submitted(train, 1, 8.1),
  progress(20, 0.25),
  progress(21, 0.26),
  progress(50, 0.63),
  event('attempt-warned', 60, {
    stage: train,
    attempt: 1,
    warning: { kind: 'stall', message: 'no step for 9 s; the steps before took 1 s', fix: 'look at its log' },
  }),
  succeeded(train, 1, 80.3, 72, { loss: 1.01 }),
  event('stage-skipped', 80.4, { stage: evaluate, reason: 'not among the stages asked for' }),
  ...submitted(publish, 1, 81),
  succeeded(publish, 1, 82, 0.8, {}),
  event('notice', 82.1, { level: 'warning', message: 'the disk is 91 % full' }),
  event('run-ended', 82.2, {
    phase: 'Succeeded',
    exitCode: 0,
    message: 'weekly-47 is done',
    next: 'ilab-backend artifacts weekly-47',
    overhead: { stageSeconds: 75.6, ownSeconds: 0.9 },
  }),
];

const failed: readonly RunEvent[] = [
  started(),
  reused,
  ...submitted(train, 1, 1),
  crashed(train, 1, 13),
  event('attempt-retried', 13, {
    stage: train,
    attempt: 2,
    reason: 'the main container ended with exit code 1',
    delaySeconds: 2,
  }),
  ...submitted(train, 2, 15),
  event('log-gap', 20, { stage: train, attempt: 2, from: at(18), to: at(19) }),
  crashed(train, 2, 27),
  event('run-ended', 27.1, {
    phase: 'Failed',
    exitCode: 3,
    message: 'train failed: the main container ended with exit code 1',
    next: 'ilab-backend logs weekly-47 train',
  }),
];

const refused: readonly RunEvent[] = [
  started(),
  reused,
  event('stage-refused', 1, {
    stage: publish,
    gate: 'tuned-beats-base',
    reason: 'results.eval.metrics.tuned_loss < results.eval.metrics.base_loss is false',
  }),
  event('run-ended', 1.1, {
    phase: 'Refused',
    exitCode: 4,
    message: 'gate tuned-beats-base refused publish: the tuned model is no better',
    next: 'ilab-backend status weekly-47',
  }),
];

const approved: readonly RunEvent[] = [
  started(),
  reused,
  event('approval-asked', 1, { stage: publish }),
  event('approval-given', 3, { stage: publish, by: 'grace on desk', reason: 'scores look right' }),
  ...submitted(publish, 1, 4),
  event('attempt-ended', 9, {
    stage: publish,
    attempt: 1,
    outcome: { kind: 'succeeded', result: { version: 1, metrics: {}, artifacts: [] } },
    seconds: 4,
  }),
  event('run-ended', 9.1, { phase: 'Succeeded', exitCode: 0, message: 'weekly-47 is done' }),
];

const cancelled: readonly RunEvent[] = [
  started(),
  ...submitted(datagen, 1, 1),
  event('run-cancelling', 4, { by: 'ada' }),
  event('attempt-ended', 6, {
    stage: datagen,
    attempt: 1,
    outcome: { kind: 'cancelled', message: 'ended by SIGTERM' },
    seconds: 5,
  }),
  event('run-ended', 6.1, {
    phase: 'Cancelled',
    exitCode: 10,
    message: 'weekly-47 was cancelled',
    next: 'ilab-backend resume weekly-47',
  }),
];

const interrupted: readonly RunEvent[] = [
  started(),
  reused,
  ...submitted(train, 1, 1),
  progress(30, 0.4),
  event('run-ended', 61.2, {
    phase: 'Interrupted',
    exitCode: 130,
    message:
      'train goes on; eval starts when you type `ilab-backend resume weekly-47`, or `ilab-backend resume weekly-47 --detach` to let it go on by itself',
    next: 'ilab-backend resume weekly-47',
  }),
];

const waiting: readonly RunEvent[] = [
  started(false, 0),
  reused,
  event('attempt-intended', 1, { stage: train, attempt: 1, key: '0197/train/1/ab12' }),
  event('attempt-bound', 1.1, { stage: train, attempt: 1, uid: 'uid-train-1' }),
  event('attempt-waits', 2, {
    stage: train,
    attempt: 1,
    reason: 'no node has 4 free GPUs',
    fix: 'ask for fewer: --set train.gpus=2',
  }),
  event('attempt-waits', 32, {
    stage: train,
    attempt: 1,
    reason: 'no node has 4 free GPUs',
    fix: 'ask for fewer: --set train.gpus=2',
  }),
  event('attempt-ended', 40, {
    stage: train,
    attempt: 1,
    outcome: { kind: 'lost', message: 'it vanished before its outcome was seen' },
  }),
  event('run-ended', 40.1, {
    phase: 'Lost',
    exitCode: 9,
    message: 'train was lost: it vanished before its outcome was seen',
    next: 'ilab-backend logs weekly-47 train',
  }),
];

const allReused: readonly RunEvent[] = [
  started(),
  ...[datagen, train, evaluate, publish].map((stage) =>
    event('stage-reused', 0.1, { stage, from: { run: 'weekly-46', stage, attempt: 2 }, metrics: {} }),
  ),
  event('run-ended', 0.2, {
    phase: 'Succeeded',
    exitCode: 0,
    message: 'weekly-47 is done',
    next: 'ilab-backend artifacts weekly-47',
    overhead: { stageSeconds: 0, ownSeconds: 0 },
  }),
];

/** By what becomes of the run. */
export const STORIES = { reused: allReused, good, failed, refused, approved, cancelled, interrupted, waiting } as const;
