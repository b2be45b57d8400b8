import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '../../src/domain/event.ts';
import type { RunRecord } from '../../src/domain/run/run-record.ts';
import { recordIn } from './journal.ts';
import { type Ended, eventsIn, type Room, RUN, STAGES } from './room.ts';

/** What an undisturbed run leaves; every disturbed one must leave the same in the end. */
export interface Expected {
  /** The log texts of each stage, in order, without times. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
}

const PROCESSES_END_MS = 10_000;

/** Right after the fault, before anybody goes on: nothing was created that the journal does not know of. */
export function checkIntents(room: Room): readonly string[] {
  const record = recordIn(room.state, RUN);
  const violations: string[] = [];
  for (const { stage, attempt } of attemptsOnDisk(room)) {
    const intended = record?.stages.find(({ name }) => name === stage)?.attempts.some((one) => one.attempt === attempt);
    if (intended !== true) violations.push(`${stage}/${attempt} was created before its INTENT was recorded`);
  }
  return violations;
}

/** The attempts that a supervisor has been asked to run. */
function attemptsOnDisk(room: Room): readonly { readonly stage: string; readonly attempt: number }[] {
  const below = join(room.state, 'attempts', RUN);
  return STAGES.flatMap((stage) =>
    [1, 2, 3, 4]
      .filter((attempt) => existsSync(join(below, stage, String(attempt), 'spec.json')))
      .map((attempt) => ({ stage, attempt })),
  );
}

/** What the program has told is true for ever: outcomes and bindings of before are those of now. */
function checkAcknowledged(told: string, record: RunRecord): readonly string[] {
  return eventsIn(told).flatMap((event): readonly string[] => {
    const attempt = attemptOf(event, record);
    switch (event.type) {
      case 'attempt-intended':
        return attempt?.key === event.key ? [] : [`the intent of ${event.stage} was told and lost`];
      case 'attempt-bound':
        return attempt?.uid === event.uid ? [] : [`${event.stage} was bound to ${event.uid}, now to ${attempt?.uid}`];
      case 'attempt-ended':
        return attempt?.outcome?.kind === event.outcome.kind ? [] : [`the outcome of ${event.stage} was told and lost`];
      default:
        return [];
    }
  });
}

function attemptOf(event: RunEvent, record: RunRecord): RunRecord['stages'][number]['attempts'][number] | undefined {
  if (!('stage' in event) || !('attempt' in event)) return undefined;
  return record.stages
    .find((stage) => stage.name === event.stage)
    ?.attempts.find((one) => one.attempt === event.attempt);
}

/** When the run has come to its end: everything once, nothing lost, nothing left. */
export async function checkEnd(room: Room, expected: Expected, told: readonly string[]): Promise<readonly string[]> {
  const violations: string[] = [];
  const record = recordIn(room.state, RUN);
  if (record === undefined) return ['the journal does not know the run'];
  for (const stage of record.stages) {
    if (stage.attempts.length !== 1) violations.push(`${stage.name} took ${stage.attempts.length} attempts`);
    for (const { attempt, outcome, state } of stage.attempts) {
      if (outcome?.kind !== 'succeeded') violations.push(`${stage.name}/${attempt}: ${JSON.stringify(outcome)}`);
      if (state !== 'cleaned') violations.push(`${stage.name}/${attempt} stays in state ${state}`);
    }
  }
  for (const [stage, count] of Object.entries(room.countMarks())) {
    if (count !== 1) violations.push(`${stage} had its effect ${count} times`);
  }
  for (const text of told) violations.push(...checkAcknowledged(text, record));
  violations.push(...(await checkLogs(room, expected)));
  violations.push(...(await checkNothingLeft(room)));
  violations.push(...(await checkNextRun(room)));
  return violations;
}

/** The log texts of every stage, as `logs --timestamps` prints them, without the times. */
export async function readLogs(room: Room): Promise<{ readonly logs: Expected['logs']; readonly faults: string[] }> {
  const logs: Record<string, readonly string[]> = {};
  const faults: string[] = [];
  for (const stage of STAGES) {
    const { exitCode, stdout, stderr } = await room.type('logs', RUN, stage, '--timestamps');
    if (exitCode !== 0) faults.push(`logs ${stage} ended with ${exitCode}: ${stderr}`);
    const lines = stdout.split('\n').filter((line) => line !== '');
    const times = lines.map((line) => line.slice(0, line.indexOf(' ')));
    if (times.some((time, index) => index > 0 && time < (times[index - 1] ?? ''))) {
      faults.push(`the times of ${stage} go back: ${times.join(' ')}`);
    }
    logs[stage] = lines.map((line) => line.slice(line.indexOf(' ') + 1));
  }
  return { logs, faults };
}

async function checkLogs(room: Room, expected: Expected): Promise<readonly string[]> {
  const { logs, faults } = await readLogs(room);
  const differing = STAGES.filter((stage) => JSON.stringify(logs[stage]) !== JSON.stringify(expected.logs[stage]));
  return [
    ...faults,
    ...differing.map(
      (stage) => `the log of ${stage} is ${JSON.stringify(logs[stage])}, not ${JSON.stringify(expected.logs[stage])}`,
    ),
  ];
}

async function checkNothingLeft(room: Room): Promise<readonly string[]> {
  const limit = performance.now() + PROCESSES_END_MS;
  while (room.processes().length > 0 && performance.now() < limit) await delay(20);
  return room.processes().map((pid) => `process ${pid} is still there`);
}

/** What the fault left on the disk is in nobody's way: the next run builds on the artifacts of this one. */
async function checkNextRun(room: Room): Promise<readonly string[]> {
  const next: Ended = await room.type('run', 'hello', '--name', 'next', '-o', 'json');
  const reused = eventsIn(next.stdout).filter((event) => event.type === 'stage-reused').length;
  if (next.exitCode === 0 && reused === STAGES.length) return [];
  return [`the next run ended with ${next.exitCode} and reused ${reused} stages: ${next.stderr}`];
}
