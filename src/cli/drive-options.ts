import { type Command, Option } from 'commander';
import { parseSeconds } from './durations.ts';

/** Flags of the commands that tell a run as it happens. */
export interface StreamFlags {
  readonly output?: 'json' | 'plain';
  /** What Ctrl-C does, for the footer; absent where nothing is driven. */
  readonly onInterrupt?: 'detach' | 'cancel';
}

/** `-o` of the commands that tell events as they come. */
export function streamOption(): Option {
  return new Option(
    '-o, --output <form>',
    'json: one event a line on stdout; plain: lines, also on a terminal',
  ).choices(['json', 'plain']);
}

/** Flags of the commands that drive a run. */
export interface DriveFlags extends StreamFlags {
  readonly detach?: boolean;
  readonly onInterrupt?: 'detach' | 'cancel';
  /** Seconds. */
  readonly timeout?: number;
}

/** The flags of `DriveFlags`, but for `-o`. */
export function addDriveOptions(command: Command): Command {
  return command
    .option('--detach', 'let the run go on by itself, and return')
    .addOption(
      new Option('--on-interrupt <what>', 'what Ctrl-C does to the run: detach leaves it to `resume`, cancel ends it')
        .choices(['detach', 'cancel'])
        .default('detach'),
    )
    .option('--timeout <duration>', 'cancel the run after so long (exit 124)', parseSeconds);
}
