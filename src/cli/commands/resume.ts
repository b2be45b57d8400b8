import { Option } from 'commander';
import type { Deps } from '../../actions/deps.ts';
import { driveRun } from '../../actions/drive/drive-run.ts';
import { prepareResume } from '../../actions/resume-run.ts';
import { withPlace } from '../../domain/typed-place.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { driveOrDetach } from '../drive.ts';
import { addDriveOptions, type DriveFlags, streamOption } from '../drive-options.ts';
import { parseTime } from '../durations.ts';
import { addOfflineOption, addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';
import { wholeSeconds } from '../project.ts';
import { changesNotice, withNotice } from '../tell-changes.ts';

interface ResumeFlags {
  readonly asItIs?: boolean;
  readonly takeover?: boolean;
  readonly timeoutSince?: string;
  /** Seconds. */
  readonly runTimeout?: number;
}

/** Gives what failed a new attempt. Returns what to notice. */
async function prepare(
  context: CliContext,
  deps: Deps,
  name: string,
  flags: PlaceFlags & DriveFlags & ResumeFlags,
): Promise<string | undefined> {
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

/** `resume` takes no parameters: the plan is the stored one. */
export const defineResume: DefineCommand = (command, context, done) => {
  addOfflineOption(addPlaceOptions(addDriveOptions(command)))
    .argument('<run>', RUN_ARGUMENT)
    .addOption(streamOption())
    .option('--project <dir>', 'the folder whose stages/ may hold engines of its own; absent = this one')
    .addOption(
      new Option(
        '--takeover',
        'drive it here, or end with 8 while another driver lives; without it, follow that one',
      ).conflicts('detach'),
    )
    .option('--run-timeout <duration>', 'how long each further attempt may run; absent = as before', wholeSeconds)
    // For drivers that are started again by whoever looks after them: only a person's wish is a new attempt.
    .addOption(new Option('--as-it-is', 'give nothing that failed a new attempt').hideHelp())
    .addOption(new Option('--timeout-since <time>', 'when --timeout began to count').argParser(parseTime).hideHelp())
    .addHelpText(
      'after',
      '\nWhat runs is adopted, what is done is kept, what failed or was lost gets\na new attempt.\n',
    )
    .action(async (run: string, flags: PlaceFlags & DriveFlags & ResumeFlags) => {
      const { deps, name, context: there } = await openRunPlace(context, flags, run);
      const message = flags.asItIs === true ? undefined : await prepare(there, deps, name, flags);
      const { takeover = false, timeoutSince: since } = flags;
      const more = { takeover, ...(since === undefined ? {} : { since }) };
      const drive: typeof driveRun = (there, options, signal) =>
        withNotice(driveRun(there, { ...options, ...more }, signal), there, message);
      done(await driveOrDetach(there, deps, name, flags, drive));
    });
};
