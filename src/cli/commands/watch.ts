import type { DefineCommand } from '../define-command.ts';
import { type StreamFlags, streamOption } from '../drive-options.ts';
import { parseSeconds } from '../durations.ts';
import { addOfflineOption, addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

/** What follows a run is loaded when it is followed, as with `run`. */
export const defineWatch: DefineCommand = (command, context, done) => {
  addOfflineOption(addPlaceOptions(command))
    .argument('<run>', RUN_ARGUMENT)
    .addOption(streamOption())
    .option('--timeout <duration>', 'stop watching after so long (exit 124); the run goes on', parseSeconds)
    .action(async (run: string, flags: PlaceFlags & StreamFlags & { readonly timeout?: number }) => {
      const [{ followRun }, { presentRun }] = await Promise.all([
        import('../../actions/follow/follow-run.ts'),
        import('../present-run.ts'),
      ]);
      const { deps, name, context: there } = await openRunPlace(context, flags, run);
      const timeout = flags.timeout === undefined ? {} : { timeoutSeconds: flags.timeout };
      const left = new AbortController();
      const signal = AbortSignal.any([context.signal, left.signal]);
      const ways = { name, driving: false, leave: () => left.abort() };
      const events = followRun(deps, { name, ...timeout }, signal);
      done((await presentRun(there, deps, flags, events, ways)).exitCode);
    });
};
