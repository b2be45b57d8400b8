import { UserError } from '../../domain/errors.ts';
import { explainError } from '../../domain/explain/explain-error.ts';
import { errorExplanationText } from '../../ui/text/answers/error-explanation-text.ts';
import { explanationText } from '../../ui/text/answers/explanation-text.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { addProjectOptions, type ProjectFlags, projectRequest } from '../project.ts';

type ExplainFlags = ProjectFlags & { readonly output?: DocumentForm };

/** Ends with 0 for whatever there is, also when its value is wrong or missing. */
export const defineExplain: DefineCommand = (command, context, done) => {
  addProjectOptions(
    command
      .usage('[options] [pipeline] <parameter>')
      .argument(
        '<parameter...>',
        "a parameter, such as train.epochs, or another key of the project file, such as stages.train; before it a pipeline's name. Or the code of an error",
      ),
  )
    .addOption(outputOption(['json', 'yaml']))
    .addHelpText('after', EXPLAIN_HELP)
    .action(async (words: readonly string[], flags: ExplainFlags) => {
      const path = words.at(-1) ?? '';
      if (words.length > 2) {
        throw new UserError('bad-usage', `explain takes one parameter: ${words.slice(1).join(', ')}`, {
          hint: `one after the other: \`ilab-backend explain ${path}\``,
        });
      }
      const fault = words.length === 1 ? explainError(path) : undefined;
      if (fault !== undefined) {
        const page = `${context.packageRoot}/${fault.docs.replace(/#.*/, '')}`;
        const text = (): string => errorExplanationText(fault, page, layoutOf(context));
        await writeDocument(context, flags.output, { ...fault, page }, text, () => '');
        done(0);
        return;
      }
      const pipeline = words.length === 2 ? words[0] : undefined;
      const explanation = await context.explainValue(projectRequest(context, pipeline, flags), path);
      await writeDocument(
        context,
        flags.output,
        explanation,
        () => explanationText(explanation, layoutOf(context)),
        () => '',
      );
      done(0);
    });
};

const EXPLAIN_HELP = `
Examples:
  ilab-backend explain train.epochs
  ilab-backend explain teacher                     what an object holds
  ilab-backend explain pod.workspace.size --profile h100x4
  ilab-backend explain stages.train.timeouts
  ilab-backend explain notify
  ilab-backend explain not-found                   an error, by its code
`;
