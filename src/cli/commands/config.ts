import { type ConfigValue, isTimeout, viewConfig } from '../../actions/project/view-config.ts';
import { durationText } from '../../domain/durations.ts';
import { configLines } from '../../ui/text/answers/config-lines.ts';
import { oneLine } from '../../ui/text/sanitize.ts';
import { table } from '../../ui/text/table.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { addProjectOptions, openProject, type ProjectFlags } from '../project.ts';

type ViewFlags = ProjectFlags & { readonly showOrigin?: boolean; readonly output?: DocumentForm };

export const defineConfig: DefineCommand = (command, context, done) => {
  const view = command.command('view').description('Print every value that decides a run');
  addProjectOptions(view.argument('[pipeline]', 'its name; absent = the default of the project'))
    .option('--show-origin', 'where each value comes from: file and line, flag or variable')
    .addOption(outputOption(['json', 'yaml']))
    .action(async (pipeline: string | undefined, flags: ViewFlags) => {
      const values = viewConfig(await openProject(context, pipeline, flags));
      const text = (): string =>
        flags.showOrigin === true
          ? configLines(
              values.map((one) => ({ path: oneLine(one.path), value: shown(one), origin: oneLine(one.origin) })),
              layoutOf(context),
            )
          : table(
              ['VALUE', 'IS'],
              values.map((one) => [one.path, shown(one)]),
              layoutOf(context),
            );
      await writeDocument(context, flags.output, { values }, text, () => '');
      done(0);
    });
};

function shown({ path, value }: ConfigValue): string {
  if (typeof value === 'number' && isTimeout(path)) return durationText(value);
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value));
}
