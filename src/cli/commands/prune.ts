import { Option } from 'commander';
import type { Pruned } from '../../actions/prune-runs.ts';
import { unreachable } from '../../domain/errors.ts';
import { formatAge, formatBytes } from '../../ui/text/format.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { parseSeconds } from '../durations.ts';
import { addPlaceOptions, openPlace, type PlaceFlags } from '../place.ts';

interface PruneFlags extends PlaceFlags {
  readonly olderThan: number;
  readonly dryRun?: true;
}

const SHOWN_DIGITS = 12;

/** Frees what is old and what nobody needs; the place itself is never guessed. */
export const definePrune: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .addOption(
      new Option('--older-than <time>', 'how long nothing may have happened to it, e.g. 30d')
        .argParser(parseSeconds)
        .makeOptionMandatory(),
    )
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .action(async (flags: PruneFlags) => {
      const deps = await openPlace(context, flags);
      const { olderThan, dryRun = false } = flags;
      const { signal } = context;
      let count = 0;
      const { pruneRuns } = await import('../../actions/prune-runs.ts');
      for await (const pruned of pruneRuns(deps, { olderThan, dryRun }, signal)) {
        count += 1;
        context.stdout.write(`${lineFor(pruned, deps.clock.now())} ${dryRun ? 'would be deleted' : 'deleted'}\n`);
      }
      if (count === 0) tellNothing(context);
      done(0);
    });
};

function tellNothing(context: CliContext): void {
  context.stderr.write('Nothing to delete: what is that old is needed by something younger, or there is none.\n');
}

function lineFor(pruned: Pruned, now: Date): string {
  switch (pruned.kind) {
    case 'run':
      return `run/${pruned.name} (last active ${formatAge(pruned.lastActive, now)} ago)`;
    case 'folder': {
      const name = pruned.digest.replace('sha256:', '').slice(0, SHOWN_DIGITS);
      const where = pruned.claim === undefined ? '' : ` in claim ${pruned.claim}`;
      return `input/${name}${where} (${formatBytes(pruned.size)})`;
    }
    default:
      return unreachable(pruned);
  }
}
