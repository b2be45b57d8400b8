import type { Validation } from '../../actions/project/validate-project.ts';
import { oneLine } from '../../ui/text/sanitize.ts';
import { wrapTo } from '../../ui/text/text-width.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { addProjectOptions, addRequireOption, type ProjectFlags, projectRequest } from '../project.ts';
import { telling } from '../wait-line.ts';

type ValidateFlags = ProjectFlags & { readonly output?: DocumentForm };

/** As for everything that is configured wrong. */
const FAULTY_EXIT_CODE = 2;

/** Asks nobody: no cluster, no service, no record of runs. */
export const defineValidate: DefineCommand = (command, context, done) => {
  addRequireOption(addProjectOptions(command.argument('[pipeline]', 'its name; absent = the default of the project')))
    .addOption(outputOption(['json', 'yaml']))
    .addHelpText('after', VALIDATE_HELP)
    .action(async (pipeline: string | undefined, flags: ValidateFlags) => {
      const request = projectRequest(context, pipeline, flags);
      const validation = await telling(context, (at) => context.validateProject(request, at));
      const shown = withoutText(validation);
      await writeDocument(
        context,
        flags.output,
        shown,
        () => text(validation, layoutOf(context)),
        () => '',
      );
      done(validation.findings.length === 0 ? 0 : FAULTY_EXIT_CODE);
    });
};

const VALIDATE_HELP = `
Looks at the project's and your own file, the pipeline, the templates of all
variants and all profiles; with --profile at that one alone. Ends with 0 when
nothing is wrong, with 2 when something is.
`;

function withoutText({ findings, ...rest }: Validation) {
  return { ...rest, findings: findings.map(({ text: _, ...finding }) => finding) };
}

function text(validation: Validation, { width }: { readonly width?: number }): string {
  const { pipeline, stages, variants, profiles, rendered, findings, notChecked } = validation;
  // Above it: what stands below may be lines to copy.
  const blocks = findings.map((finding) =>
    [...(finding.profiles.length === 0 ? [] : [`With profile ${names(finding.profiles)}:`]), finding.text].join('\n'),
  );
  const incomplete = profiles.filter(
    ({ missing }) => missing.length > 0 && !findings.some(({ where }) => where === missing.join(', ')),
  );
  const counts = [
    counted(stages, 'stage'),
    counted(variants, 'variant'),
    counted(profiles.length, 'profile'),
    counted(rendered, 'manifest'),
  ].join(', ');
  const lines = [
    `${oneLine(pipeline)}: ${counts}; ${counted(findings.length, 'finding')}`,
    ...[...Map.groupBy(incomplete, ({ missing }) => missing.join(', '))].map(([missing, alike]) =>
      alike.length === 1
        ? `Profile ${names(alike.map(({ name }) => name))} needs more values: ${missing}`
        : `Profiles ${names(alike.map(({ name }) => name))} need more values: ${missing}`,
    ),
    `Not checked: ${notChecked.join('; ')}`,
  ];
  const folded = lines.flatMap((line) => (width === undefined ? [line] : wrapTo(line, width)));
  return [...blocks, folded.join('\n')].join('\n\n');
}

function names(all: readonly string[]): string {
  return all.map((name) => oneLine(name)).join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
