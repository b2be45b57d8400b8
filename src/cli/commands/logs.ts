import { readLogs } from '../../actions/follow/read-logs.ts';
import { withPlace } from '../../domain/typed-place.ts';
import type { DefineCommand } from '../define-command.ts';
import { parseCount, parseSeconds } from '../durations.ts';
import { logText } from '../log-text.ts';
import { addOfflineOption, addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';
import { TextBatch } from '../text-batch.ts';

interface LogsFlags extends PlaceFlags {
  readonly follow?: boolean;
  readonly tail?: number;
  /** Seconds. */
  readonly since?: number;
  readonly timestamps?: boolean;
  readonly attempt?: number;
  readonly container?: string;
}

/** The flags mean what they mean to kubectl. Logs are data: stdout. */
export const defineLogs: DefineCommand = (command, context, done) => {
  addOfflineOption(addPlaceOptions(command))
    .argument('<run>', RUN_ARGUMENT)
    .argument('[stage]', 'only this stage; the lines of its main container are printed without a prefix')
    .option('-f, --follow', 'go on as lines come, until the stage or the run has ended')
    .option('--tail <lines>', 'only the last lines of each stage', parseCount)
    .option('--since <duration>', 'only lines newer than that', parseSeconds)
    .option('--timestamps', 'begin each line with its time')
    .option('--attempt <number>', 'an earlier attempt', parseCount)
    .option('-c, --container <name>', 'only this container')
    .action(async (run: string, stage: string | undefined, flags: LogsFlags) => {
      const { deps, name } = await openRunPlace(context, flags, run);
      const { tail, since, attempt, container } = flags;
      const request = {
        name,
        follow: flags.follow === true,
        ...(stage === undefined ? {} : { stage }),
        ...(tail === undefined ? {} : { tail }),
        ...(attempt === undefined ? {} : { attempt }),
        ...(container === undefined ? {} : { container }),
        ...(since === undefined ? {} : { since: new Date(deps.clock.now().getTime() - since * 1000).toISOString() }),
      };
      // Bytes for programs; a terminal is never told what a stage's output would tell it.
      const { isTTY, color, unicode } = context.stdout;
      const show = (text: string): string => (isTTY ? logText(text, { color, unicode }) : text);
      let isSilent = true;
      // Whoever asks for one container of one stage gets its bytes and nothing else.
      const main = stage === undefined ? 'main' : (container ?? 'main');
      const batch = new TextBatch((text) => context.stdout.write(text));
      for await (const read of readLogs(deps, request, AbortSignal.any([context.signal, context.stdoutClosed]))) {
        for (const line of read.lines) {
          isSilent = false;
          const time = flags.timestamps === true ? `${line.time} ` : '';
          const from = [
            ...(stage === undefined ? [read.stage] : []),
            ...(line.container === main ? [] : [line.container]),
          ];
          const prefix = from.length === 0 ? '' : `[${from.join('/')}] `;
          const isFull = batch.add(`${prefix}${time}${show(line.text)}\n`);
          if (isFull) await context.stdout.drained();
        }
      }
      batch.flush();
      if (isSilent && !context.signal.aborted) {
        const status = withPlace(`ilab-backend status ${name}`, context.stderr.place);
        context.stderr.write(`ilab-backend: nothing was printed; how it stands: \`${status}\`\n`);
      }
      done(0);
    });
};
