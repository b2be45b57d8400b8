import { diffRuns, type RunDifference } from '../actions/diff-runs.ts';
import { shownValue } from '../domain/json-changes.ts';
import { oneLine } from '../ui/text/sanitize.ts';
import { table } from '../ui/text/table.ts';
import type { DefineCommand } from './define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from './documents.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from './place.ts';

/** As `diff` has it: 0 the same, 1 different. */
const DIFFERENT_EXIT_CODE = 1;

export const defineDiff: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run>', RUN_ARGUMENT)
    .argument('<other>', 'the run it is compared with')
    .addOption(outputOption(['json', 'yaml']))
    .addHelpText('after', '\nEnds with 0 when nothing differs, with 1 when something does.\n')
    .action(async (run: string, other: string, flags: PlaceFlags & { readonly output?: DocumentForm }) => {
      const left = await openRunPlace(context, flags, run);
      const right = await openRunPlace(context, flags, other);
      const differences = await diffRuns(left, right);
      const text = (): string =>
        differences.length === 0
          ? ''
          : table(['WHAT', left.name, right.name], differences.map(rowOf), layoutOf(context));
      writeDocument(context, flags.output, { runs: [left.name, right.name], differences }, text, () => '');
      const same = `${left.name} and ${right.name} were made from the same and made the same\n`;
      if (differences.length === 0 && flags.output === undefined) context.stderr.write(same);
      done(differences.length === 0 ? 0 : DIFFERENT_EXIT_CODE);
    });
};

function rowOf({ path, before, after }: RunDifference): readonly string[] {
  if (typeof before === 'number' && typeof after === 'number') {
    const isCount = Number.isInteger(before) && Number.isInteger(after);
    const change = isCount ? after - before : Number((after - before).toPrecision(3));
    return [oneLine(path), figure(before), `${figure(after)} (${change > 0 ? '+' : ''}${change})`];
  }
  return [path, shown(before), shown(after)].map((text) => oneLine(text));
}

/** As many digits as tell something; `-o json` has all of them. */
function figure(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

const DIGEST = /\b(sha256:)?([0-9a-f]{12})[0-9a-f]{28,52}\b/g;

/** Digests and commits are cut to what tells them apart; `-o json` has all of it. */
function shown(value: string | number | undefined): string {
  return value === undefined ? '' : shownValue(String(value).replace(DIGEST, '$1$2'));
}
