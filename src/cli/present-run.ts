import { setFlagsFromString } from 'node:v8';
import { type Deps, timestamp } from '../actions/deps.ts';
import { followLogTail, readLogTail } from '../actions/follow/read-log-tail.ts';
import { expectedSeconds } from '../actions/plan/expected-seconds.ts';
import { UserError } from '../domain/errors.ts';
import type { RunEvent } from '../domain/event.ts';
import type { PlainOptions } from '../ui/plain.ts';
import type { EventSubscriber } from '../ui/subscriber.ts';
import type { CliContext, Keyboard } from './context.ts';
import type { StreamFlags } from './drive-options.ts';
import { runControls, type Ways } from './run-controls.ts';

/** What came of the showing. */
interface Presented {
  readonly exitCode: number;
  readonly leavesTable: boolean;
}

/** What stops a driver and is mended outside: then the run goes on. */
const GOES_ON_AFTER: ReadonlySet<UserError['code']> = new Set(['cannot-start', 'unreachable', 'storage-failed']);

/** How much of a failed stage's log is shown with the failure. */
const TAIL_LINES = 10;

/**
 * Shows a run's events to whoever is there: ink on a terminal, plain lines elsewhere, NDJSON when asked for. Without
 * json, stdout gets only the last line `run/<name>`. Returns the exit code of the last event, and whether the stages' table was left
 * on the terminal.
 */
export async function presentRun(
  context: CliContext,
  deps: Deps,
  flags: StreamFlags,
  events: AsyncIterable<RunEvent>,
  ways?: Ways,
): Promise<Presented> {
  const subscriber = await subscribe(context, deps, flags, ways);
  let last: RunEvent | undefined;
  try {
    for await (const event of events) {
      last = event;
      subscriber.event(event);
    }
  } catch (error) {
    if (!(error instanceof UserError) || last === undefined || last.type === 'run-ended') throw error;
    const next = `ilab-backend resume ${last.run}`;
    // A program that reads events is told the end too, and the exit code, whatever stopped the driver.
    if (flags.output === 'json') subscriber.event(stopped(deps, last.run, error, next));
    if (!GOES_ON_AFTER.has(error.code)) throw error;
    const { code, message, hint, cause } = error;
    // Whoever drove or followed a run asks first what became of it.
    const kept = code === 'unreachable' ? 'nothing was cancelled; ' : '';
    throw new UserError(code, message, { cause, hint: `${kept}${hint}\n  then go on: \`${next}\`` });
  } finally {
    await subscriber.close();
  }
  if (last === undefined || last.type !== 'run-ended') throw new Error('a stream of events ended without run-ended');
  if (flags.output !== 'json') context.stdout.write(`run/${last.run}\n`);
  return { exitCode: last.exitCode, leavesTable: subscriber.leavesTable === true };
}

function stopped(deps: Deps, run: RunEvent['run'], { code, message, exitCode }: UserError, next: string): RunEvent {
  const end = { type: 'run-ended', time: timestamp(deps.clock), run, exitCode, message } as const;
  // There is nothing left that could go on.
  return code === 'run-lost' ? { ...end, phase: 'Lost' } : { ...end, phase: 'Interrupted', next };
}

async function subscribe(
  context: CliContext,
  deps: Deps,
  flags: StreamFlags,
  ways: Ways | undefined,
): Promise<EventSubscriber> {
  const { stdout, stderr } = context;
  if (flags.output === 'json') {
    const { createJsonSubscriber } = await import('../ui/json.ts');
    return createJsonSubscriber({
      stream: stdout.stream,
      ...(stdout.place === undefined ? {} : { place: stdout.place }),
    });
  }
  const options = {
    stream: stderr.stream,
    display: stderr,
    now: () => deps.clock.now(),
    tail: (attempt: { readonly run: string; readonly stage: string; readonly attempt: number }) =>
      readLogTail(deps, attempt, TAIL_LINES),
  };
  if (flags.output === undefined && stderr.isTTY && !stderr.isDumb) {
    const keyboard = await context.openKeyboard();
    // In the background (`run &`) the terminal is the shell's: a screen that is redrawn would be drawn over its prompt.
    if (keyboard.isForeground()) return screen(context, deps, { ...options, keyboard }, flags, ways);
  }
  const { createPlainSubscriber } = await import('../ui/plain.ts');
  return createPlainSubscriber(options);
}

async function screen(
  context: CliContext,
  deps: Deps,
  { keyboard, ...options }: PlainOptions & { readonly keyboard: Keyboard; readonly stream: NodeJS.WriteStream },
  flags: StreamFlags,
  ways: Ways | undefined,
): Promise<EventSubscriber> {
  keepSmall();
  const { createInkSubscriber } = await import('../ui/ink/ink-subscriber.tsx');
  const onInterrupt = flags.onInterrupt === undefined ? {} : { onInterrupt: flags.onInterrupt };
  const more =
    ways === undefined
      ? {}
      : {
          controls: runControls(context, deps, keyboard, { onInterrupt: 'detach', ...onInterrupt, ...ways }),
          expected: () => expectedSeconds(deps, ways.name),
        };
  return createInkSubscriber({
    ...options,
    ...onInterrupt,
    ...more,
    terminal: keyboard,
    follow: (attempt, signal) => followLogTail(deps, attempt, signal),
  });
}

/** A screen stays open for days and has little to do: its layout need not be compiled twice, nor garbage be let grow to twice what is in use. */
function keepSmall(): void {
  setFlagsFromString('--liftoff-only');
  setFlagsFromString('--heap-growing-percent=20');
}
