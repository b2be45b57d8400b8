import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callsBelow } from './calls.ts';
import { type Expected, readLogs } from './checks.ts';
import { type Fault, faultsOf, type Role } from './faults.ts';
import { PackageCopy } from './package-copy.ts';
import { readTrace } from './read-trace.ts';
import { Room, STAGES } from './room.ts';
import { logOf, playRound, type Round, recordAll } from './round.ts';

/** An undisturbed run: what it leaves, and every way in which it can go wrong. */
export interface Recording {
  readonly expected: Expected;
  /** Calls below the state folder, by who makes them. */
  readonly counts: ReadonlyMap<Role, number>;
  readonly faults: readonly Fault[];
}

export interface SweepOptions {
  /** What was built, absent = the real one. */
  readonly dist?: string;
  /** Which of the recorded faults to try. */
  readonly choose: (faults: readonly Fault[]) => readonly Fault[];
  /** Ends at the first violation. */
  readonly onlyFirst?: boolean;
  readonly say?: (line: string) => void;
}

export interface Sweep {
  readonly recording: Recording;
  readonly rounds: readonly Round[];
  readonly seconds: number;
}

/** Each has a copy of the package of its own, and waits most of its time: more than a machine of CI has cores. */
const WORKERS = 4;
/** A call that moved between two runs is aimed at again, with all processes at the pace of the recording. */
const MOST_AIMS = 3;

/** Runs the pipeline hello once for each chosen fault, and says what did not hold. */
export async function sweep(options: SweepOptions): Promise<Sweep> {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'ilab-sweep-packages-'));
  try {
    const copies = Array.from(
      { length: WORKERS },
      (_, index) => new PackageCopy(join(folder, String(index)), options.dist),
    );
    const recording = await record(copies[0] as PackageCopy);
    const faults = options.choose(recording.faults);
    const rounds: Round[] = [];
    let next = 0;
    let stopped = false;
    const work = async (copy: PackageCopy): Promise<void> => {
      for (;;) {
        const fault = faults[next];
        if (fault === undefined || stopped) return;
        next += 1;
        const round = await aim(copy, fault, recording.expected);
        rounds.push(round);
        options.say?.(sayRound(round, rounds.length, faults.length));
        if (options.onlyFirst === true && round.violations.length > 0) stopped = true;
      }
    };
    await Promise.all(copies.map(work));
    return { recording, rounds, seconds: (performance.now() - started) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function aim(copy: PackageCopy, fault: Fault, expected: Expected): Promise<Round> {
  for (let tried = 1; ; tried += 1) {
    const round = await playRound(copy, fault, expected, { slowly: tried > 1 });
    if (round.struck === 'hit' || round.violations.length > 0 || tried === MOST_AIMS) return round;
  }
}

/** Runs undisturbed under strace; the calls of program and supervisors are those of three processes in one log each. */
async function record(copy: PackageCopy): Promise<Recording> {
  const room = new Room(copy);
  try {
    const { program, ...supervisors } = recordAll(room);
    copy.traceSupervisors(supervisors);
    const ended = await room.run(program);
    if (ended.exitCode !== 0) throw new Error(`the undisturbed run ended with ${ended.exitCode}: ${ended.stderr}`);
    const { logs, faults: strange } = await readLogs(room);
    if (strange.length > 0) throw new Error(strange.join('\n'));
    const roles: readonly (readonly [Role, string])[] = [
      ['program', 'program'],
      ...STAGES.map((stage) => [`supervisor of ${stage}`, stage] as const),
    ];
    const counts = new Map<Role, number>();
    const faults: Fault[] = [];
    for (const [role, who] of roles) {
      const trace = await readTrace(logOf(room, who));
      if (trace === undefined) throw new Error(`strace saw nothing of the ${role}`);
      counts.set(role, callsBelow(room.state, trace.calls).length);
      faults.push(...faultsOf(role, room.state, trace));
    }
    return { expected: { logs }, counts, faults };
  } finally {
    room.leave();
  }
}

/** Evenly spread over the run of program and supervisors, half of them kills. */
export function evenSample(faults: readonly Fault[], size: number): readonly Fault[] {
  const kills = faults.filter(({ effect }) => effect === 'KILL');
  const errors = faults.filter(({ effect }) => effect !== 'KILL');
  return [...everyNth(kills, Math.ceil(size / 2)), ...everyNth(errors, Math.floor(size / 2))];
}

function everyNth<T>(items: readonly T[], size: number): readonly T[] {
  const step = items.length / Math.min(size, items.length);
  return Array.from(
    { length: Math.min(size, items.length) },
    (_, index) => items[Math.floor((index + 0.5) * step)] as T,
  );
}

function sayRound(round: Round, number: number, all: number): string {
  const { fault, struck, exitCodes, violations } = round;
  const result = violations.length === 0 ? 'ok' : `VIOLATED\n  ${violations.join('\n  ')}`;
  return `${number}/${all} ${fault.label}: ${struck}, exits ${exitCodes.join(' ')}: ${result}`;
}

/** The figures of a sweep, for people. */
export function summarize({ recording, rounds, seconds }: Sweep): string {
  const count = (what: (round: Round) => boolean): number => rounds.filter(what).length;
  const calls = [...recording.counts].map(([role, number]) => `${role} ${number}`).join(', ');
  return [
    `calls below the state folder: ${calls}`,
    `faults possible ${recording.faults.length}, tried ${rounds.length}: struck as recorded ${count(({ struck }) => struck === 'hit')},`,
    `struck another call of the name ${count(({ struck }) => struck === 'other')}, missed ${count(({ struck }) => struck === 'missed')}`,
    `rounds with violations: ${count(({ violations }) => violations.length > 0)}`,
    `seconds: ${Math.round(seconds)}`,
  ].join('\n');
}

/** The violations, each with its fault. */
export function violationsOf({ rounds }: Sweep): readonly string[] {
  return rounds.flatMap(({ fault, violations }) => violations.map((violation) => `${fault.label}: ${violation}`));
}
