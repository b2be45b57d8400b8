import type { StageName } from '../../src/domain/naming.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../src/domain/run/run-record.ts';
import { attemptOf, recordOf } from '../fakes/records.ts';
import { at } from './stories.ts';

/*
 * Runs as they are recorded, with fixed times: what the documents are made from in tests.
 */

const result = {
  version: 1,
  metrics: { tuned_loss: 1.23456, base_loss: 2.5, leaves: 9, accuracy: 0.8125, margin: 0.02 },
  artifacts: [{ name: 'model', path: 'model', digest: `sha256:${'ab'.repeat(32)}`, size: 218_000_000 }],
  chosen: 'epoch-2',
} as const satisfies NonNullable<Extract<AttemptRecord['outcome'], { kind: 'succeeded' }>>['result'];

function ran(attempt: number, from: number, to: number, outcome: AttemptRecord['outcome']): AttemptRecord {
  const times = {
    intent: at(from),
    bound: at(from + 0.1),
    started: at(from + 0.2),
    ended: at(to),
    outcome: at(to + 0.1),
    logsComplete: at(to + 0.1),
  };
  return attemptOf({
    attempt,
    state: 'logs-complete',
    uid: `uid-${attempt}`,
    at: times,
    ...(outcome === undefined ? {} : { outcome }),
  });
}

/** An attempt that held GPUs `from` its node, while it `started`, until its end. */
function holding(attempt: number, gpus: number, [from, started, to]: readonly [number, number, number]): AttemptRecord {
  const done = ran(attempt, from, to, { kind: 'succeeded', result });
  return { ...done, gpus, at: { ...done.at, placed: at(from), started: at(started) } };
}

const crash = {
  kind: 'failed',
  class: 'user',
  reason: 'exit',
  message: 'the main container ended with exit code 1',
  exitCode: 1,
} as const;

const killed = {
  kind: 'failed',
  class: 'infra',
  reason: 'helper-failed',
  message: 'the model server ended by itself',
  signal: 'SIGKILL',
  container: 'teacher',
} as const;

function stage(name: string, change: Partial<StageRecord> = {}): StageRecord {
  return { name: name as StageName, attempts: [], ...change };
}

const runs = { decision: { kind: 'run', at: at(1) } } as const;
const reused = stage('datagen', {
  decision: {
    kind: 'reuse',
    from: { run: 'weekly-46', stage: 'datagen', attempt: 1 },
    result: { ...result, metrics: { leaves: 9 } },
    at: at(1),
  },
});
const trained = stage('train', { ...runs, attempts: [ran(1, 10, 82.3, { kind: 'succeeded', result })] });

function record(stages: readonly StageRecord[], change: Partial<RunRecord> = {}): RunRecord {
  const base = recordOf('weekly-47');
  return {
    ...base,
    pipeline: { name: 'instructlab', version: '1.0.0' },
    profile: 'local',
    drivers: [
      { id: 'd0', host: 'there', pid: 12, user: 'ada', startedAt: at(0), endedAt: at(1) },
      { id: 'd1', host: 'here', pid: 4711, user: 'ada', startedAt: at(1) },
    ],
    stages: [...stages],
    ...change,
  };
}

/** By what became of the run. */
export const RECORDS = {
  fresh: record([stage('datagen'), stage('train')]),
  good: record([
    reused,
    trained,
    stage('eval', { decision: { kind: 'skip', reason: 'not among the stages asked for', at: at(83) } }),
  ]),
  failed: record([
    reused,
    stage('train', { ...runs, attempts: [ran(1, 10, 20, killed), ran(2, 30, 42, crash)] }),
    stage('eval'),
  ]),
  asking: record([reused, trained, stage('publish', { approval: { asked: at(90), epoch: 1 } })]),
  approved: record([
    reused,
    trained,
    stage('publish', {
      approval: {
        asked: at(90),
        epoch: 1,
        given: { at: at(120), by: 'grace on desk', reason: 'scores look right' },
      },
    }),
  ]),
  refused: record([
    reused,
    trained,
    stage('publish', {
      decision: {
        kind: 'refuse',
        gate: 'tuned-beats-base',
        reason: 'tuned_loss 2.6 is not below base_loss 2.5',
        at: at(90),
        epoch: 1,
      },
    }),
  ]),
  cancelled: record(
    [
      stage('datagen', { ...runs, attempts: [ran(1, 10, 20, { kind: 'cancelled', message: 'ended by SIGTERM' })] }),
      stage('train'),
    ],
    { cancel: { at: at(19), by: 'ada', reason: 'wrong taxonomy', epoch: 1 } },
  ),
  running: record([
    reused,
    stage('train', {
      ...runs,
      attempts: [
        attemptOf({ state: 'bound', uid: 'uid-1', at: { intent: at(10), bound: at(10.1), started: at(400) } }),
      ],
    }),
    stage('eval'),
  ]),
  turns: record(
    [
      stage('datagen', { ...runs, attempts: [holding(1, 4, [0, 300, 1200])] }),
      stage('train', { ...runs, attempts: [holding(1, 4, [1200, 1210, 1500]), holding(2, 4, [1510, 1520, 3000])] }),
      stage('eval', { ...runs, attempts: [holding(1, 2, [3000, 3400, 3600])] }),
      stage('publish', { ...runs, attempts: [ran(1, 3600, 3610, { kind: 'succeeded', result })] }),
    ],
    { target: 'kubernetes', profile: 'h100x4' },
  ),
  held: record([
    stage('train', {
      ...runs,
      attempts: [
        attemptOf({
          ...{ state: 'bound', uid: 'uid-1', gpus: 8 },
          at: { intent: at(10), bound: at(11), placed: at(2000), started: at(2500) },
        }),
      ],
    }),
  ]),
} as const satisfies Record<string, RunRecord>;
