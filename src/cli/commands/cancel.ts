import type { DefineCommand } from '../define-command.ts';
import { type StreamFlags, streamOption } from '../drive-options.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

/** What cancels a run is loaded when one is cancelled, as with `run`. */
export const defineCancel: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run>', RUN_ARGUMENT)
    .option('-m, --reason <text>', 'why; kept in the record')
    .addOption(streamOption())
    .addHelpText(
      'after',
      '\nThe running stage gets SIGTERM and its grace period; what is done is kept.\nA run that has ended stays as it is: exit 0.\n',
    )
    .action(async (run: string, flags: PlaceFlags & StreamFlags & { readonly reason?: string }) => {
      const [{ cancelRun, endedAs }, { presentRun }, { PHASE_EXIT_CODE }] = await Promise.all([
        import('../../actions/cancel-run.ts'),
        import('../present-run.ts'),
        import('../../domain/run/run-phase.ts'),
      ]);
      const { deps, name } = await openRunPlace(context, flags, run);
      const ended = await endedAs(deps, name);
      if (ended !== undefined && flags.output !== 'json') {
        context.stderr.write(`${name} has already ended: ${ended}; nothing to cancel\n`);
        context.stdout.write(`run/${name}\n`);
        done(0);
        return;
      }
      const reason = flags.reason === undefined ? {} : { reason: flags.reason };
      const { exitCode } = await presentRun(
        context,
        deps,
        { output: 'plain', ...flags },
        cancelRun(deps, { name, ...reason }, context.signal),
      );
      // That it does not go on is what was asked for.
      done(ended !== undefined || exitCode === PHASE_EXIT_CODE.Cancelled ? 0 : exitCode);
    });
};
