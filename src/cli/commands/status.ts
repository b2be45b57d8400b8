import type { DefineCommand } from '../define-command.ts';
import { outputOption } from '../documents.ts';
import { addPlaceOptions, RUN_ARGUMENT } from '../place.ts';
import type { StatusFlags } from './show-status.ts';

/** What tells of a run is loaded when one is told of, as with `run`. */
export const defineStatus: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run>', RUN_ARGUMENT)
    .addOption(outputOption())
    .addHelpText('after', "\nEnds with 0 whatever the run's state; `wait` ends with the run's exit code.\n")
    .action(async (run: string, flags: StatusFlags) => {
      const { showStatus } = await import('./show-status.ts');
      await showStatus(context, run, flags);
      done(0);
    });
};
