import type { Deps } from '../../actions/deps.ts';
import { driveRun } from '../../actions/drive/drive-run.ts';
import { prepareResume } from '../../actions/resume-run.ts';
import { withPlace } from '../../domain/typed-place.ts';
import type { CliContext } from '../context.ts';
import { driveOrDetach } from '../drive.ts';
import type { DriveFlags } from '../drive-options.ts';
import { openRunPlace, type PlaceFlags } from '../place.ts';
import { changesNotice, withNotice } from '../tell-changes.ts';

export interface ResumeFlags extends PlaceFlags, DriveFlags {
  readonly asItIs?: boolean;
  readonly takeover?: boolean;
  readonly timeoutSince?: string;
  /** Seconds. */
  readonly runTimeout?: number;
}

/** Gives what failed a new attempt. Returns what to notice. */
async function prepare(context: CliContext, deps: Deps, name: string, flags: ResumeFlags): Promise<string | undefined> {
  const { runTimeout } = flags;
  const verdict = await prepareResume(deps, name, runTimeout === undefined ? {} : { runTimeout });
  if (verdict === 'finished') return undefined;
  if (verdict === 'alive') {
    return runTimeout === undefined
      ? undefined
      : `--run-timeout is not heeded: ${name} has a driver; end that one first, or type it when the attempt has ended`;
  }
  const message = await changesNotice(context, deps, name, flags);
  if (message === undefined || flags.detach !== true) return message;
  context.stderr.write(`${withPlace(`note: ${message}`, context.stderr.place)}\n`);
  return undefined;
}

/** Goes on with a recorded run, here or handed over. Returns the exit code. */
export async function resumeRun(context: CliContext, run: string, flags: ResumeFlags): Promise<number> {
  const { deps, name, context: there } = await openRunPlace(context, flags, run);
  const message = flags.asItIs === true ? undefined : await prepare(there, deps, name, flags);
  const { takeover = false, timeoutSince: since } = flags;
  const more = { takeover, ...(since === undefined ? {} : { since }) };
  const drive: typeof driveRun = (there, options, signal) =>
    withNotice(driveRun(there, { ...options, ...more }, signal), there, message);
  return driveOrDetach(there, deps, name, flags, drive);
}
