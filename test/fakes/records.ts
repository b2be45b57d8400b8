import type { RunName, StageName } from '../../src/domain/naming.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../src/domain/run/run-record.ts';

/** A record of one run with stages of these names, before anything happened. */
export function recordOf(name: string, stages: readonly string[] = ['one', 'two']): RunRecord {
  return {
    version: 1,
    id: `id-of-${name}`,
    name: name as RunName,
    pipeline: { name: 'fake', version: '1.0.0' },
    target: 'local',
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: { user: 'ada', host: 'here' },
    planDigest: `sha256:${'0'.repeat(64)}`,
    epoch: 1,
    drivers: [],
    stages: stages.map((stage) => ({ name: stage as StageName, attempts: [] })),
  };
}

/** An attempt in the given state, with the times that state implies. */
export function attemptOf(change: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    attempt: 1,
    epoch: 1,
    state: 'intent',
    key: 'id/one/1/digest',
    bindings: { inputs: {} },
    ...change,
    at: { intent: '2026-01-01T00:00:01.000Z', ...change.at },
  };
}

/** The record with one stage replaced. */
export function withStage(record: RunRecord, name: string, change: Partial<StageRecord>): RunRecord {
  return { ...record, stages: record.stages.map((stage) => (stage.name === name ? { ...stage, ...change } : stage)) };
}
