import { join } from 'node:path';
import { type Call, callsBelow, RANDOM, type Syscall, shapeOf, shapeOfCall, type Trace } from './calls.ts';

/** Who makes the call: the driver, or the supervisor of a stage. */
export type Role = 'program' | `supervisor of ${string}`;

/** What happens at the call instead of it. */
export type Effect = 'KILL' | 'ENOSPC' | 'EIO';

/** One call of the recording that shall go wrong. */
export interface Fault {
  readonly role: Role;
  readonly call: Call;
  readonly effect: Effect;
  /** Where strace finds the call again. */
  readonly aim: Aim;
  /** The call as it looks in every run. */
  readonly shape: string;
  /** For the report: `KILL at pwrite64 journal.db-wal 12 of program`. */
  readonly label: string;
}

/** The `when`-th call of this name on this path; counted by thread. */
export interface Aim {
  readonly syscall: Syscall;
  readonly when: number;
  /** Relative to the state folder, `{pid}` for the process id; absent = any path, where the name is random. */
  readonly path?: string;
}

/** Every way in which the recorded calls of one process can go wrong: killed there, or an error there. */
export function faultsOf(role: Role, folder: string, trace: Trace): readonly Fault[] {
  return callsBelow(folder, trace.calls).flatMap((call) => {
    const aim = aimAt(call, folder, trace);
    const shape = shapeOfCall(call, folder, trace.pid);
    return (['KILL', errorOf(call.syscall)] as const).map((effect) => {
      return { role, call, effect, aim, shape, label: `${effect} at ${shape} ${aim.when} of ${role}` };
    });
  });
}

/** A full disk where something is made or grows, a sick one elsewhere. */
function errorOf(syscall: Syscall): Effect {
  return /^(f.*sync|unlink.*|rmdir|rename.*)$/.test(syscall) ? 'EIO' : 'ENOSPC';
}

function aimAt(call: Call, folder: string, trace: Trace): Aim {
  const { syscall } = call;
  const below = call.paths.filter((candidate) => candidate.startsWith(`${folder}/`));
  // strace looks at the name that a link gets, not at what it leads to.
  const path = (syscall.startsWith('symlink') ? below.at(-1) : below[0]) ?? folder;
  const shape = shapeOf(path, folder, trace.pid);
  const isRandom = shape.includes(RANDOM);
  const alike = trace.calls.filter(
    (one) => one.syscall === syscall && one.thread === call.thread && (isRandom || one.paths.includes(path)),
  );
  return { syscall, when: alike.indexOf(call) + 1, ...(isRandom ? {} : { path: shape }) };
}

/** What strace is told beside where to write. `folder` is the state folder of this round. */
export function straceArguments(aim: Aim, effect: Effect, folder: string): readonly string[] {
  const what = effect === 'KILL' ? 'signal=KILL' : `error=${effect}`;
  const inject = `inject=${aim.syscall}:${what}:when=${aim.when}`;
  const path = aim.path === undefined ? [] : ['-P', join(folder, aim.path)];
  return [...path, '-e', `trace=${aim.syscall}`, '-e', inject];
}
