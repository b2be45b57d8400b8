import { wishToCancel } from '../actions/cancel-run.ts';
import type { Deps } from '../actions/deps.ts';
import { detachRun } from '../actions/detach-run.ts';
import type { driveRun } from '../actions/drive/drive-run.ts';
import { unreachable } from '../domain/errors.ts';
import type { RunEvent } from '../domain/event.ts';
import { withPlace } from '../domain/typed-place.ts';
import type { CliContext } from './context.ts';
import type { DriveFlags } from './drive-options.ts';
import type { PlaceFlags } from './place.ts';
import { presentRun } from './present-run.ts';
import { runSummary } from './run-summary.ts';

/** This program was told to end; what it started goes on. */
const INTERRUPTED_EXIT_CODE = 130;

/** Drives the recorded run here, or hands it to a driver of its own. Returns the exit code. */
export async function driveOrDetach(
  context: CliContext,
  deps: Deps,
  name: string,
  flags: DriveFlags & PlaceFlags,
  drive: typeof driveRun,
): Promise<number> {
  if (flags.onInterrupt === 'cancel') {
    context.onInterrupt(() => {
      wishToCancel(deps, { name, reason: 'interrupted' }).catch((error: unknown) => {
        context.stderr.write(`ilab-backend: the run could not be told to end: ${String(error)}\n`);
      });
    });
  }
  if (flags.detach === true) return detach(context, deps, name, flags);
  const left = new AbortController();
  let isHandedOver = false;
  const ways = {
    name,
    driving: true,
    leave: () => left.abort(),
    detach: () => {
      isHandedOver = true;
      left.abort();
    },
  };
  const signal = AbortSignal.any([context.signal, left.signal]);
  const events = untilHandedOver(drive(deps, { name, ...timeoutOf(flags) }, signal), () => isHandedOver);
  const { exitCode, leavesTable } = await presentRun(context, deps, flags, events, ways);
  // It may have come to its end meanwhile: then nobody has to go on.
  if (isHandedOver && exitCode === INTERRUPTED_EXIT_CODE) return detach(context, deps, name, flags, 'named');
  if (exitCode === 0 && flags.output !== 'json')
    context.stderr.write(
      withPlace(await runSummary(context, deps, name, { table: !leavesTable }), context.stderr.place),
    );
  return exitCode;
}

/** Who hands the run over does not say that it stops; what to type now is said once the new driver is there. */
async function* untilHandedOver(
  events: AsyncIterable<RunEvent>,
  isHandedOver: () => boolean,
): AsyncGenerator<RunEvent, void> {
  for await (const event of events) {
    if (event.type !== 'run-ended' || event.phase !== 'Interrupted' || !isHandedOver()) yield event;
    else {
      const { next: _, after: __, ...said } = event;
      yield { ...said, message: `${event.run} gets a driver of its own` };
    }
  }
}

function timeoutOf({ timeout }: DriveFlags): { readonly timeoutSeconds?: number } {
  return timeout === undefined ? {} : { timeoutSeconds: timeout };
}

/** `named`: the run's name was printed before. */
async function detach(
  context: CliContext,
  deps: Deps,
  name: string,
  flags: DriveFlags & PlaceFlags,
  stdout?: 'named',
): Promise<number> {
  const { maxOffline } = flags;
  const request = {
    name,
    ...timeoutOf(flags),
    ...(maxOffline === undefined ? {} : { maxOfflineSeconds: maxOffline }),
  };
  const say = (text: string): void => context.stderr.write(`${withPlace(text, context.stderr.place)}\n`);
  const detached = await detachRun(
    deps,
    request,
    // That it is being started is no news.
    ({ reason, fix }) => fix !== undefined && say(`the driver waits: ${reason}\n  ${fix}`),
    context.signal,
  );
  const follow = `  follow it: \`ilab-backend watch ${name}\``;
  switch (detached.kind) {
    case 'drives':
      say(`${name} goes on by itself (driver: ${detached.where})\n${follow}`);
      break;
    case 'follows':
      say(`${name} has a driver; when that one ends, it goes on by itself (driver: ${detached.where})\n${follow}`);
      break;
    case 'not-yet': {
      const why = detached.reason === undefined ? '' : `: ${detached.reason}`;
      say(
        `ilab-backend: the driver (${detached.where}) has not begun${why}\n  it may still; go on here: \`ilab-backend resume ${name}\``,
      );
      return context.signal.aborted ? INTERRUPTED_EXIT_CODE : 1;
    }
    default:
      return unreachable(detached.kind);
  }
  if (stdout === undefined) context.stdout.write(`run/${name}\n`);
  return 0;
}
