import type { Deps } from '../../actions/deps.ts';
import type { Finding } from '../../domain/diagnosis/finding.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import {
  DIAGNOSIS_CONTENTS,
  diagnosisPage,
  diagnosisParts,
  diagnosisVerdict,
} from '../../ui/text/answers/diagnosis-page.ts';
import { formatBytes } from '../../ui/text/format.ts';
import { printableJson } from '../../ui/text/printable-json.ts';
import { oneLine } from '../../ui/text/sanitize.ts';
import { wrapTo } from '../../ui/text/text-width.ts';
import type { CliContext, PlaceOptions } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, outputOption } from '../documents.ts';
import { parseCount } from '../durations.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, placeOf, RUN_ARGUMENT } from '../place.ts';

interface DiagnoseFlags extends PlaceFlags {
  readonly output?: DocumentForm;
  readonly file?: string;
  readonly tail?: number;
}

/** Of each container: enough for a traceback, too few to hide something in. */
const LOG_LINES = 200;

/** Writes one file for whoever shall help; nothing is sent anywhere. */
export const defineDiagnose: DefineCommand = (command, context, done) => {
  addPlaceOptions(command)
    .argument('<run>', RUN_ARGUMENT)
    .option(
      '--file <file>',
      'where to write it; absent = RUN-diagnosis.md, with -o json RUN-diagnosis.json; - = stdout',
    )
    .option('--tail <lines>', `how many of the last log lines of each container; absent = ${LOG_LINES}`, parseCount)
    .addOption(outputOption(['json']))
    .addHelpText('after', DIAGNOSE_HELP)
    .action(async (run: string, flags: DiagnoseFlags) => {
      const { deps, name, cluster } = await openRunPlace(context, flags, run);
      const isJson = flags.output === 'json';
      const file = flags.file ?? `${name}-diagnosis.${isJson ? 'json' : 'md'}`;
      const told = `${file === '-' ? 'collecting' : `collecting for ${file}`}. ${DIAGNOSIS_CONTENTS}`;
      const { isTTY, columns } = context.stderr;
      context.stderr.write(`${(isTTY ? wrapTo(told, columns) : [told]).join('\n')}\n`);
      const place = placeOf(flags, cluster);
      const { version, platform, signal } = context;
      const { diagnoseRun } = await import('../../actions/diagnose-run.ts');
      const diagnosis = await diagnoseRun(
        deps,
        {
          name,
          tail: flags.tail ?? LOG_LINES,
          program: { version, ...platform },
          examine: (pipeline) => examine(context, deps, place, pipeline),
          openMask: (secrets) => context.openMask(place, secrets),
        },
        signal,
      );
      const text = isJson ? `${printableJson(diagnosis, 1)}\n` : diagnosisPage(diagnosis);
      if (file === '-') context.stdout.write(text);
      else {
        await context.writeFile(file, text);
        const amounts = diagnosisParts(diagnosis).map(({ amount }) => `  ${amount}\n`);
        const size = formatBytes(Buffer.byteLength(text));
        context.stdout.write(`${oneLine(file)} (${size}) has\n${amounts.join('')}`);
        context.stderr.write(`${diagnosisVerdict(diagnosis)}\nNothing was sent.\n`);
      }
      done(0);
    });
};

const DIAGNOSE_HELP = `
The file has the likely causes first, then the record, events, values with their
origins, manifests as they were submitted, the last log lines, what doctor says
of the place, and the objects and events of the cluster as far as you may read
them. Values of secrets are taken out; users, hosts and folders are not. Nothing
is sent anywhere.

Examples:
  ilab-backend diagnose @latest
  ilab-backend diagnose weekly-47 --file - -o json | jq '.causes'
`;

async function* examine(
  context: CliContext,
  deps: Deps,
  place: PlaceOptions,
  pipeline: RenderablePipeline,
): AsyncGenerator<Finding, void> {
  if (deps.target.kind === 'local') {
    yield* context.examine(place, context.signal);
    return;
  }
  const { clusterNeeds } = await import('../../actions/cluster-needs.ts');
  const needs = await clusterNeeds({ pipeline }, deps.target);
  yield* (await context.openDoctor(place, needs, 'here')).examine(context.signal);
}
