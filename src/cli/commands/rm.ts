import type { DefineCommand } from '../define-command.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

export const defineRm: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run...>', RUN_ARGUMENT)
    .action(async (runs: readonly string[], flags: PlaceFlags) => {
      const { removeRun } = await import('../../actions/remove-run.ts');
      for (const run of new Set(runs)) {
        const { deps, name } = await openRunPlace(context, flags, run);
        await removeRun(deps, name, context.signal);
        context.stdout.write(`run/${name} deleted\n`);
      }
      done(0);
    });
};
