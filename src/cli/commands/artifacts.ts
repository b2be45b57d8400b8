import { type Command, Option } from 'commander';
import { downloadArtifacts } from '../../actions/artifacts/download-artifacts.ts';
import { listArtifacts } from '../../actions/artifacts/list-artifacts.ts';
import { pushArtifacts } from '../../actions/artifacts/push-artifacts.ts';
import type { Deps } from '../../actions/deps.ts';
import { formatBytes } from '../../ui/text/format.ts';
import { table } from '../../ui/text/table.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { DownloadLine, downloadLines } from '../download.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

interface ArtifactsFlags extends PlaceFlags {
  readonly output?: DocumentForm;
  readonly verify?: true;
  readonly download?: string;
  readonly force?: true;
  readonly push?: true;
}

const CHANGED_EXIT_CODE = 1;

/** Says where a run's outputs lie and whether they are still what was recorded (exit 1 when they are not), or takes them over. */
export const defineArtifacts: DefineCommand = (command, context, done) => {
  addOptions(command).action(async (run: string, wanted: readonly string[], flags: ArtifactsFlags) => {
    const { deps, name } = await openRunPlace(context, flags, run);
    if (flags.push === true) {
      await push(context, deps, { name, wanted, flags });
      done(0);
    } else if (flags.download === undefined) {
      done(await list(context, deps, { name, wanted, flags }));
    } else {
      await download(context, deps, { name, wanted, flags, into: flags.download });
      done(0);
    }
  });
};

function addOptions(command: Command): Command {
  return addPlaceOptions(command)
    .argument('<run>', RUN_ARGUMENT)
    .argument('[artifact...]', 'STAGE or STAGE/NAME; absent = all')
    .addOption(outputOption())
    .option('--verify', 'read every byte, not only names and sizes')
    .option('--download <dir>', 'take them over into a folder, as STAGE/NAME/FILE')
    .option('--force', 'with --download: write over files with other contents')
    .addOption(
      new Option('--push', 'store them in the object storage of the run; the arguments are stages then').conflicts([
        'download',
        'verify',
      ]),
    );
}

interface Asked {
  readonly name: string;
  readonly wanted: readonly string[];
  readonly flags: ArtifactsFlags;
}

async function list(context: CliContext, deps: Deps, { name, wanted, flags }: Asked): Promise<number> {
  const artifacts = await listArtifacts(deps, name, { wanted, contents: flags.verify === true });
  const rows = artifacts.map((artifact) => [
    `${artifact.stage}/${artifact.name}`,
    formatBytes(artifact.size),
    artifact.origin.run === name ? '<none>' : artifact.origin.run,
    artifact.location ?? artifact.path,
  ]);
  const text = (): string =>
    rows.length === 0
      ? `${name} has made nothing yet.`
      : table(['ARTIFACT', 'SIZE', 'REUSED FROM', 'WHERE'], rows, layoutOf(context));
  const paths = (): string => artifacts.map((artifact) => artifact.location ?? artifact.path).join('\n');
  await writeDocument(context, flags.output, { run: name, artifacts }, text, paths);
  const faults = artifacts.flatMap((artifact) =>
    artifact.faults.map((fault) => `${artifact.stage}/${artifact.name}: ${fault}`),
  );
  const isForPeople = flags.output === undefined && rows.length > 0 && flags.verify !== true;
  if (isForPeople) context.stderr.write('names and sizes compared; --verify reads every byte\n');
  for (const fault of faults) context.stderr.write(`ilab-backend: changed after the run: ${fault}\n`);
  return faults.length > 0 ? CHANGED_EXIT_CODE : 0;
}

async function push(context: CliContext, deps: Deps, { name, wanted, flags }: Asked): Promise<void> {
  const { openArchive, signal } = context;
  const pushed = await pushArtifacts(deps, { run: name, stages: wanted }, { openArchive, signal });
  const artifacts = pushed.flatMap((stage) => stage.artifacts.map((one) => ({ stage: stage.stage, ...one })));
  const rows = artifacts.map((one) => [`${one.stage}/${one.name}`, one.uri]);
  const text = (): string =>
    rows.length === 0 ? `${name} has made nothing yet.` : table(['ARTIFACT', 'STORED AS'], rows, layoutOf(context));
  const uris = (): string => artifacts.map(({ uri }) => uri).join('\n');
  await writeDocument(context, flags.output, { run: name, stages: pushed }, text, uris);
}

async function download(
  context: CliContext,
  deps: Deps,
  { name, wanted, flags, into }: Asked & { readonly into: string },
): Promise<void> {
  const folder = await context.openDownloadFolder(into);
  const line = new DownloadLine(context.stderr);
  const request = { run: name, wanted, force: flags.force === true };
  const onProgress = line.show.bind(line);
  const done = await downloadArtifacts(deps, request, folder, { onProgress, signal: context.signal }).finally(() =>
    line.end(),
  );
  const text = (): string => (done.length === 0 ? `${name} has made nothing yet.` : downloadLines(done, folder.place));
  const paths = (): string => done.map(({ path }) => `${folder.place}/${path}`).join('\n');
  await writeDocument(context, flags.output, { run: name, folder: folder.place, artifacts: done }, text, paths);
}
