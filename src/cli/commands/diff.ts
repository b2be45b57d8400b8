import { differenceTable } from '../../ui/text/answers/difference-table.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

/** As `diff` has it: 0 the same, 1 different. */
const DIFFERENT_EXIT_CODE = 1;

export const defineDiff: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run>', RUN_ARGUMENT)
    .argument('<other>', 'the run it is compared with')
    .addOption(outputOption(['json', 'yaml']))
    .addHelpText('after', '\nEnds with 0 when nothing differs, with 1 when something does.\n')
    .action(async (run: string, other: string, flags: PlaceFlags & { readonly output?: DocumentForm }) => {
      const { diffRuns } = await import('../../actions/diff-runs.ts');
      const left = await openRunPlace(context, flags, run);
      const right = await openRunPlace(context, flags, other);
      const differences = await diffRuns(left, right);
      const text = (): string =>
        differences.length === 0 ? '' : differenceTable([left.name, right.name], differences, layoutOf(context));
      await writeDocument(context, flags.output, { runs: [left.name, right.name], differences }, text, () => '');
      const isOne = left.name === right.name && left.deps.store.place === right.deps.store.place;
      const same = isOne
        ? `both names are of ${left.name}`
        : `${left.name} and ${right.name} were made from the same and made the same`;
      if (differences.length === 0 && flags.output === undefined) context.stderr.write(`${same}\n`);
      done(differences.length === 0 ? 0 : DIFFERENT_EXIT_CODE);
    });
};
