import { join } from 'node:path';
import { callsBelow, SYSCALLS, shapeOfCall } from './calls.ts';
import { checkEnd, checkIntents, type Expected } from './checks.ts';
import { type Fault, straceArguments } from './faults.ts';
import type { PackageCopy } from './package-copy.ts';
import { readTrace } from './read-trace.ts';
import { type Ended, Room, RUN, STAGES } from './room.ts';

/** What became of one fault. */
export interface Round {
  readonly fault: Fault;
  /** What strace struck: the recorded call, another one that changes the state folder, or nothing of the kind. */
  readonly struck: 'hit' | 'other' | 'missed';
  /** Exit codes in order: of the disturbed command, then of those that went on. */
  readonly exitCodes: readonly number[];
  readonly violations: readonly string[];
}

/** More are never needed to go on after a single fault. */
const MOST_RESUMES = 3;
const NOT_FOUND = 7;

/** The words of the catalogue that a fault of the disk may end a command with. */
const DISK_EXIT_CODE = 1;

export interface RoundOptions {
  /** Traces the other processes too, which makes them as slow as they were when the calls were recorded. */
  readonly slowly: boolean;
}

/** One run that goes wrong at one call, and is gone on with until it ends well. */
export async function playRound(
  copy: PackageCopy,
  fault: Fault,
  expected: Expected,
  { slowly }: RoundOptions,
): Promise<Round> {
  const room = new Room(copy);
  try {
    const log = join(room.folder, 'strace');
    const tracing = ['-o', log, ...straceArguments(fault.aim, fault.effect, room.state)];
    const traced = slowly ? recordAll(room) : {};
    const { program, ...supervisors } = { ...traced, [fault.role.replace('supervisor of ', '')]: tracing };
    copy.traceSupervisors(supervisors);
    const ended: Ended[] = [await room.run(program)];
    const violations = [...checkIntents(room), ...judgeFirst(fault, ended)];
    violations.push(...(await goOn(room, ended)));
    const told = ended.map(({ stdout }) => stdout);
    violations.push(...(await checkEnd(room, expected, told)));
    const exitCodes = ended.map(({ exitCode }) => exitCode);
    const struck = await whatWasStruck(fault, log, room);
    // An error at a call that only reads is no fault of a disk; to be killed there is fair.
    return { fault, struck, exitCodes, violations: struck === 'missed' && fault.effect !== 'KILL' ? [] : violations };
  } finally {
    room.leave();
  }
}

/** strace's arguments that note every call of program and supervisors, in one log each, by who makes them. */
export function recordAll(room: Room): Record<string, readonly string[]> {
  const tracing = (who: string) => ['-o', logOf(room, who), '-e', `trace=${SYSCALLS.join(',')}`];
  return Object.fromEntries(['program', ...STAGES].map((who) => [who, tracing(who)]));
}

/** Where `recordAll` lets strace write. */
export function logOf(room: Room, who: string): string {
  return join(room.folder, `strace.${who}`);
}

/** Types what the program says: `resume`, or the same line again where nothing was recorded yet. */
async function goOn(room: Room, ended: Ended[]): Promise<readonly string[]> {
  const violations: string[] = [];
  for (let tried = 0; tried < MOST_RESUMES; tried += 1) {
    const resumed = await room.type('resume', RUN, '-o', 'json');
    ended.push(resumed);
    if (resumed.exitCode === 0) return violations;
    if (resumed.exitCode === NOT_FOUND && ended.every(({ stdout }) => stdout === '')) {
      const again = await room.run();
      ended.push(again);
      if (again.exitCode === 0) continue;
    }
    const last = ended.at(-1);
    violations.push(`resume ended with ${last?.exitCode}${last?.hung === true ? ' (hung)' : ''}: ${last?.stderr}`);
  }
  return violations;
}

/** The disturbed command itself: dead, or honest. */
function judgeFirst(fault: Fault, ended: readonly Ended[]): readonly string[] {
  const [first] = ended;
  if (first === undefined) return [];
  // A dead supervisor has a successor, and nobody notices; a disk that refuses may be told.
  const dead = fault.role === 'program' ? [137] : [];
  const allowed = [0, ...(fault.effect === 'KILL' ? dead : [DISK_EXIT_CODE])];
  const violations: string[] = [];
  if (first.hung) violations.push('the disturbed run hung');
  else if (!allowed.includes(first.exitCode)) violations.push(`it ended with ${first.exitCode}: ${first.stderr}`);
  if (first.exitCode === DISK_EXIT_CODE && !hasNextStep(first.stderr)) {
    violations.push(`no message with a next step: ${first.stderr}`);
  }
  if (/\n {4}at /.test(first.stderr)) violations.push(`a stack trace: ${first.stderr}`);
  return violations;
}

/** The run is read by a program (`-o json`): the error is the last line of stderr, an object with a message and a hint. */
function hasNextStep(stderr: string): boolean {
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{"error":')) return false;
  const { error } = JSON.parse(last) as { readonly error: { readonly message?: unknown; readonly hint?: unknown } };
  return [error.message, error.hint].every((text) => typeof text === 'string' && text.trim() !== '');
}

async function whatWasStruck(fault: Fault, log: string, room: Room): Promise<Round['struck']> {
  const trace = await readTrace(log);
  if (trace === undefined) return 'missed';
  const { calls, pid, wasKilled } = trace;
  // A killed process makes no call any more: the one it was killed at is its last.
  const last = wasKilled ? calls.at(-1) : undefined;
  const struck = fault.effect === 'KILL' ? last : calls.find((call) => call.injected);
  if (struck === undefined) return 'missed';
  if (shapeOfCall(struck, room.state, pid) === fault.shape && struck.changes) return 'hit';
  return callsBelow(room.state, [struck]).length > 0 ? 'other' : 'missed';
}
