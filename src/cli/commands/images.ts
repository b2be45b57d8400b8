import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ArgWish, type BaseWish, buildImages } from '../../actions/images/build-images.ts';
import { listImages } from '../../actions/images/list-images.ts';
import type { BuiltImage } from '../../domain/image/image-event.ts';
import { digestOf } from '../../domain/image/image-name.ts';
import { IMAGE_ENGINES, type ImageEngine } from '../../domain/image/image-record.ts';
import { imageLine } from '../../ui/text/answers/image-lines.ts';
import { builtTable, listedTable, pinLines } from '../../ui/text/answers/image-table.ts';
import type { CliContext, PlaceOptions } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { librarySurroundings, projectOption } from '../project.ts';

interface ImagesFlags extends PlaceOptions {
  readonly pipeline?: string;
  readonly profile?: string;
  readonly output?: DocumentForm;
}

interface BuildFlags extends ImagesFlags {
  readonly engine?: ImageEngine;
  readonly base?: readonly BaseWish[];
  readonly buildArg?: readonly ArgWish[];
  readonly push?: string;
  readonly load?: string;
}

export const defineImages: DefineCommand = (command, context, done) => {
  addCommonOptions(command.command('build').description('Build the images of the stages, and push or load them'))
    .argument('[stage...]', "their names, `program` for the program's own image; absent = all")
    .addOption(new Option('--engine <engine>', 'absent = the first that is there').choices(IMAGE_ENGINES))
    .option('--base <image>', 'build on this one, or NAME=IMAGE: instead of NAME; may be repeated', collectBase)
    .option('--build-arg <name=value>', 'for the Containerfiles that ask for it; may be repeated', collectArg)
    .option('--push <registry>', 'push to this registry, a host or a host and a path')
    .option('--load <where>', 'bring them to nodes without a registry: kind[:NAME] or archive:DIR')
    .addHelpText('after', BUILD_HELP)
    .action(async (stages: readonly string[], flags: BuildFlags) => {
      done(await build(context, stages, flags));
    });
  addCommonOptions(
    command.command('list').description('List the images of a pipeline, as this machine knows them'),
  ).action(async (flags: ImagesFlags) => {
    const { images } = await choose(context, [], flags);
    const { sources, records } = await context.openImages(placeOf(flags));
    const listed = listImages({ sources, records }, images);
    await writeDocument(
      context,
      flags.output,
      { images: listed },
      () => listedTable(listed, layoutOf(context)),
      () => '',
    );
    done(0);
  });
};

const BUILD_HELP = `
Examples:
  ilab-backend images build --profile kind-cpu --load kind
  ilab-backend images build train --push registry.example.org/ilab
  ilab-backend images build --build-arg LOCK=requirements-cpu.lock
                                upstream's engines without CUDA, half as large
  ilab-backend images build --base python=mirror.example.org/python:3.12-slim
`;

function addCommonOptions(command: Command): Command {
  return command
    .option('--pipeline <name>', 'of this pipeline; absent = the default of the project')
    .option('--profile <name>', 'whose engines are meant')
    .addOption(projectOption())
    .addOption(new Option('--state-dir <dir>', "the folder of this machine's runs").env('ILAB_BACKEND_STATE_DIR'))
    .addOption(outputOption(['json', 'yaml']));
}

function choose(context: CliContext, stages: readonly string[], flags: ImagesFlags) {
  const { pipeline, profile } = flags;
  return context.chooseImages({
    ...librarySurroundings(context, flags),
    stages,
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(profile === undefined ? {} : { profile }),
  });
}

async function build(context: CliContext, stages: readonly string[], flags: BuildFlags): Promise<number> {
  const { images } = await choose(context, stages, flags);
  const open = await context.openImages(placeOf(flags));
  const deps = {
    sources: open.sources,
    records: open.records,
    clock: open.clock,
    builder: await open.engine(flags.engine),
    ...(flags.load === undefined ? {} : { loader: await open.loader(flags.load) }),
  };
  const { base: bases = [], buildArg: args = [] } = flags;
  const wishes = { bases, args, ...(flags.push === undefined ? {} : { push: flags.push }) };
  const results: BuiltImage[] = [];
  for await (const event of buildImages(deps, images, wishes, context.signal)) {
    if (event.kind === 'done') results.push(event.result);
    context.stderr.write(`${imageLine(event, context.stderr)}\n`);
  }
  await writeDocument(
    context,
    flags.output,
    { images: results },
    () => builtTable(results, layoutOf(context)),
    () => '',
  );
  const pushed = results.filter(({ reference }) => digestOf(reference) !== undefined);
  if (pushed.length > 0 && flags.output === undefined) context.stderr.write(`\n${pinLines(pushed)}\n`);
  return 0;
}

function placeOf({ stateDir, project }: ImagesFlags): PlaceOptions {
  return { ...(stateDir === undefined ? {} : { stateDir }), ...(project === undefined ? {} : { project }) };
}

function collectBase(text: string, before: readonly BaseWish[] = []): readonly BaseWish[] {
  const at = text.indexOf('=');
  const to = text.slice(at + 1);
  if (to === '' || at === 0)
    throw new InvalidArgumentError('Give IMAGE or NAME=IMAGE, e.g. python=mirror/python:3.12.');
  return [...before, at < 0 ? { to } : { from: text.slice(0, at), to }];
}

function collectArg(text: string, before: readonly ArgWish[] = []): readonly ArgWish[] {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Give NAME=VALUE, e.g. LOCK=requirements-cpu.lock.');
  return [...before, { name: text.slice(0, at), value: text.slice(at + 1) }];
}
