import { basename, dirname, resolve } from 'node:path';
import { Option } from 'commander';
import { makeReport, type ReportedRun } from '../../actions/make-report.ts';
import { UserError } from '../../domain/errors.ts';
import type { Report } from '../../domain/report/report.ts';
import { printableJson } from '../../ui/text/printable-json.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';
import { telling } from '../wait-line.ts';

const FORMS = ['html', 'md', 'json'] as const;
type Form = (typeof FORMS)[number];

interface ReportFlags extends PlaceFlags {
  readonly output?: Form;
  readonly format?: Form;
  readonly file?: string;
  readonly open?: true;
  readonly files: boolean;
}

/** More columns than that are not read side by side. */
const MOST_RUNS = 6;
const STDOUT = '-';

/**
 * `-o` chooses the form, as of every command that reads; `--format` is another name for it. A page is for a browser, so it goes
 * to a file; text goes to stdout, where the next program is.
 */
export const defineReport: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run...>', `${RUN_ARGUMENT}; several stand side by side`)
    .addOption(new Option('-o, --output <form>', 'a page, Markdown or data; absent = html').choices(FORMS))
    .addOption(new Option('--format <form>', 'the same as --output').choices(FORMS).conflicts('output'))
    .option('--file <path>', 'where to write it, - = stdout; absent = RUN-report.html here, stdout for md and json')
    .option('--open', 'open it in the browser')
    .option('--no-files', 'only what the record of the run has: no scores, no curves, and no pod to read them with')
    .action(async (names: readonly string[], flags: ReportFlags) => {
      const form = flags.output ?? flags.format ?? 'html';
      if (names.length > MOST_RUNS) {
        throw new UserError('bad-usage', `${names.length} runs do not fit side by side: at most ${MOST_RUNS}`);
      }
      const runs = await telling(context, async (tell) => {
        const found: ReportedRun[] = [];
        for (const name of names) {
          tell(`looking for ${name}`);
          found.push(await openRunPlace(context, flags, name));
        }
        return found;
      });
      const file = flags.file ?? (form === 'html' ? `${runs.map(({ name }) => name).join('-')}-report.html` : STDOUT);
      if (flags.open === true && file === STDOUT) {
        throw new UserError('bad-usage', 'what goes to stdout cannot be opened', { hint: 'name a file with --file' });
      }
      const { version, signal } = context;
      const report = await telling(context, (tell) => makeReport(runs, { version, files: flags.files, signal, tell }));
      const text = await textOf(report, form);
      await leave(context, file, text);
      if (flags.open === true) await context.openOnDesktop(resolve(context.cwd, file));
      done(0);
    });
};

async function textOf(report: Report, form: Form): Promise<string> {
  switch (form) {
    case 'json':
      return `${printableJson(report, 2)}\n`;
    case 'md':
      return (await import('../../ui/report/markdown.ts')).reportMarkdown(report);
    case 'html':
      return (await import('../../ui/report/page.ts')).reportPage(report);
  }
}

/** The path is what a script reads. */
async function leave({ stdout, cwd, writeFiles }: CliContext, file: string, text: string): Promise<void> {
  if (file === STDOUT) {
    stdout.write(text);
    return;
  }
  const path = resolve(cwd, file);
  await writeFiles(dirname(path), [{ path: basename(path), text }], { mustBeThere: true });
  stdout.write(`${file}\n`);
}
