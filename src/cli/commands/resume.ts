import { Option } from 'commander';
import type { DefineCommand } from '../define-command.ts';
import { addDriveOptions, streamOption } from '../drive-options.ts';
import { parseTime } from '../durations.ts';
import { addOfflineOption, addPlaceOptions, RUN_ARGUMENT } from '../place.ts';
import { wholeSeconds } from '../project.ts';
import type { ResumeFlags } from './resume-run.ts';

/** `resume` takes no parameters: the plan is the stored one. What drives is loaded when it drives, as with `run`. */
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
    .action(async (run: string, flags: ResumeFlags) => {
      const { resumeRun } = await import('./resume-run.ts');
      done(await resumeRun(context, run, flags));
    });
};
