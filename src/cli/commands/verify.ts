import { oneLine } from '../../ui/text/sanitize.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, outputOption, writeDocument } from '../documents.ts';

const DIFFERENT_EXIT_CODE = 1;

export const defineVerify: DefineCommand = (command, context, done) => {
  command
    .argument('<model>', 'a folder with a published model, or hf:org/name@revision')
    .addOption(outputOption(['json', 'yaml']))
    .addHelpText('after', VERIFY_HELP)
    .action(async (location: string, flags: { readonly output?: DocumentForm }) => {
      const { files, differences } = await context.verifyModel(location, context.signal);
      const text = (): string => differences.map((line) => `${oneLine(line)}\n`).join('');
      await writeDocument(context, flags.output, { model: location, files, differences }, text, () => '');
      if (differences.length === 0 && flags.output === undefined)
        context.stderr.write(`${oneLine(location)}: ${files} files are as its statement says\n`);
      done(differences.length === 0 ? 0 : DIFFERENT_EXIT_CODE);
    });
};

const VERIFY_HELP = `
Compares every file with provenance.intoto.json beside it. Ends with 0 when all
of it matches, with 1 when something does not. It shows that nothing was changed
since it was published, not who published it.

Examples:
  ilab-backend verify ./granite-acme
  ilab-backend verify hf:acme/granite-acme@weekly-47
`;
