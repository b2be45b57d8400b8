import type { RunEvent } from '../../domain/event.ts';
import type { DefineCommand } from '../define-command.ts';
import { type StreamFlags, streamOption } from '../drive-options.ts';
import { parseSeconds } from '../durations.ts';
import { addOfflineOption, addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

/** What follows a run is loaded when it is followed, as with `run`. */
export const defineWait: DefineCommand = (command, context, done) => {
  addOfflineOption(addPlaceOptions(command))
    .argument('<run>', RUN_ARGUMENT)
    .addOption(streamOption())
    .option('--timeout <duration>', 'stop waiting after so long (exit 124); the run goes on', parseSeconds)
    .addHelpText('after', '\nReturns when the run has ended, well or badly, with the exit code of the run.\n')
    .action(async (run: string, flags: PlaceFlags & StreamFlags & { readonly timeout?: number }) => {
      const [{ followRun }, { presentRun }] = await Promise.all([
        import('../../actions/follow/follow-run.ts'),
        import('../present-run.ts'),
      ]);
      const { deps, name, context: there } = await openRunPlace(context, flags, run);
      const timeout = flags.timeout === undefined ? {} : { timeoutSeconds: flags.timeout };
      const events = followRun(deps, { name, ...timeout }, context.signal);
      const { exitCode } = await presentRun(
        there,
        deps,
        { output: 'plain', ...flags },
        flags.output === 'json' ? events : endOnly(events),
      );
      done(exitCode);
    });
};

/** Waiting is silent but for the end. */
async function* endOnly(events: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent, void> {
  for await (const event of events) if (event.type === 'run-ended') yield event;
}
