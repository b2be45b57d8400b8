import { Option } from 'commander';
import { driveRun } from '../actions/drive/drive-run.ts';
import { prepareResume } from '../actions/resume-run.ts';
import type { DefineCommand } from './define-command.ts';
import { driveOrDetach } from './drive.ts';
import { addDriveOptions, type DriveFlags, streamOption } from './drive-options.ts';
import { parseTime } from './durations.ts';
import { addOfflineOption, addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from './place.ts';

interface ResumeFlags {
  readonly asItIs?: boolean;
  readonly takeover?: boolean;
  readonly timeoutSince?: string;
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
    // For drivers that are started again by whoever looks after them: only a person's wish is a new attempt.
    .addOption(new Option('--as-it-is', 'give nothing that failed a new attempt').hideHelp())
    .addOption(new Option('--timeout-since <time>', 'when --timeout began to count').argParser(parseTime).hideHelp())
    .addHelpText(
      'after',
      '\nWhat runs is adopted, what is done is kept, what failed or was lost gets\na new attempt.\n',
    )
    .action(async (run: string, flags: PlaceFlags & DriveFlags & ResumeFlags) => {
      const { deps, name } = await openRunPlace(context, flags, run);
      if (flags.asItIs !== true) await prepareResume(deps, name);
      const { takeover = false, timeoutSince: since } = flags;
      const more = { takeover, ...(since === undefined ? {} : { since }) };
      const drive: typeof driveRun = (there, options, signal) => driveRun(there, { ...options, ...more }, signal);
      done(await driveOrDetach(context, deps, name, flags, drive));
    });
};
