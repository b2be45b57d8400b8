import { join } from 'node:path';
import { Option } from 'commander';
import type { ProfileChoice, ProjectMaker } from '../../actions/project/init-project.ts';
import type { ProjectRequest } from '../../actions/project/open-project.ts';
import { UserError } from '../../domain/errors.ts';
import { shellWord } from '../../domain/typed-place.ts';
import { oneLine } from '../../ui/text/sanitize.ts';
import { Asker, Left } from '../asker.ts';
import type { CliContext, ClusterOptions } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { clusterOf, type PlaceFlags, targetOf } from '../place.ts';
import { librarySurroundings } from '../project.ts';

interface InitFlags extends Pick<PlaceFlags, 'target' | 'context' | 'namespace' | 'kubeconfig'> {
  readonly pipeline?: string;
  readonly profile?: string;
  readonly set?: readonly string[];
  readonly yes?: boolean;
  readonly force?: boolean;
}

const PROJECT_FILE = 'ilab-backend.yaml';
const LEFT_EXIT_CODE = 130;
/** Seconds: who sits there waits no half an hour for a cluster. */
const MAX_OFFLINE = 10;

/** Writes one file, at the end; a cluster is looked at only where a flag or an answer names one. */
export const defineInit: DefineCommand = (command, context, done) => {
  command
    .argument('[dir]', 'where the file is written; absent = this folder')
    .option('--pipeline <name>', 'what it is about; absent = ours')
    .option('--profile <name>', 'absent = the one that fits this machine, or what the nodes of the cluster have')
    .option(
      '--set <name=value>',
      'a parameter for the file; may be repeated',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addOption(new Option('--target <target>', 'where runs will live').choices(['local', 'kubernetes']))
    .option('--context <name>', 'the cluster: a context of the kubeconfig')
    .option('-n, --namespace <name>', "of the cluster; absent = the context's")
    .option('--kubeconfig <file>', 'absent = $KUBECONFIG or ~/.kube/config')
    .option('-y, --yes', 'ask nothing; what has no value is a line to fill in')
    .option('--force', 'also where there is a file already')
    .addHelpText('after', INIT_HELP)
    .action(async (dir: string | undefined, flags: InitFlags) => {
      const prompt = flags.yes === true ? undefined : await context.openPrompt();
      try {
        done(
          await init(context, dir ?? '.', flags, prompt === undefined ? undefined : new Asker(prompt, context.stderr)),
        );
      } catch (error) {
        if (!(error instanceof Left)) throw error;
        context.stderr.write('\nnothing was written\n');
        done(LEFT_EXIT_CODE);
      } finally {
        prompt?.close();
      }
    });
};

const INIT_HELP = `
On a terminal it asks for what no flag says. No cluster is looked at unless one
is named. DIR is a folder; a pipeline is named by --pipeline.

Examples:
  ilab-backend init
  ilab-backend init --yes --set taxonomy=../taxonomy --set model=tiny
  ilab-backend init weekly --context prod -n team
`;

async function init(context: CliContext, dir: string, flags: InitFlags, asker: Asker | undefined): Promise<number> {
  const maker = await context.openProjectMaker();
  const set: string[] = [...(flags.set ?? [])];
  let request: ProjectRequest = { ...librarySurroundings(context, { project: dir }), set, valueFiles: [] };
  const file = join(dir, PROJECT_FILE);
  if (flags.force !== true && (await maker.isThere(request))) {
    const hint = `write another in its place: \`${withForce(dir, flags)}\``;
    throw new UserError('bad-usage', `${file} is there already`, { hint });
  }
  if (flags.pipeline === undefined && dir !== '.') await refusePipelineName(context, maker, request, dir);
  request = { ...request, pipeline: await choosePipeline(context, maker, { request, flags, asker }) };
  const cluster = await chooseCluster(flags, asker);
  const profile = await chooseProfile(context, maker, { request, flags, asker, cluster });
  if (profile !== undefined) request = { ...request, profile };
  if (asker !== undefined) await askValues(maker, asker, request, set);
  const { text, missing, absent } = await maker.draft(request);
  await context.writeFiles(dir, [{ path: PROJECT_FILE, text }]);
  for (const { path, folder, what, near } of absent) {
    const told = oneLine(folder);
    const why =
      what === 'folder'
        ? `there is no folder ${told} yet, which ${path} names`
        : `${path}: ${told} is no URL that can be read`;
    context.stderr.write(`${why}${near === undefined ? '' : `; did you mean ${oneLine(near)}?`}\n`);
  }
  context.stdout.write(whatNext(file, dir, { request, cluster, missing: missing.map(({ path }) => path) }));
  return 0;
}

/** Everywhere else the word behind the command is a pipeline. */
async function refusePipelineName(
  context: CliContext,
  maker: ProjectMaker,
  request: ProjectRequest,
  dir: string,
): Promise<void> {
  const known = await context.listPipelines(request);
  if (known.every(({ name }) => name !== dir) || (await maker.folderIsThere(request))) return;
  throw new UserError('bad-usage', `there is no folder ${dir}, and ${dir} is a pipeline`, {
    hint: `did you mean \`ilab-backend init --pipeline ${dir}\`? For a folder of that name: \`ilab-backend init ./${dir}\``,
  });
}

/** What was typed, with the flag. */
function withForce(dir: string, flags: InitFlags): string {
  const { yes, set = [], pipeline, profile, target, context, namespace, kubeconfig } = flags;
  const named = { pipeline, profile, target, context, namespace, kubeconfig };
  const words = [
    ...(dir === '.' ? [] : [dir]),
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    // A value may be a secret that somebody has typed by mistake.
    ...set.flatMap((one) => ['--set', one.replace(/=.*/s, '=...')]),
    ...(yes === true ? ['--yes'] : []),
  ];
  return [
    'ilab-backend init',
    ...words.map((word) => (word.startsWith('--') ? word : shellWord(word))),
    '--force',
  ].join(' ');
}

interface Step {
  readonly request: ProjectRequest;
  readonly flags: InitFlags;
  readonly asker: Asker | undefined;
}

async function choosePipeline(
  context: CliContext,
  maker: ProjectMaker,
  { request, flags, asker }: Step,
): Promise<string> {
  const proposed = await maker.pipeline({
    ...request,
    ...(flags.pipeline === undefined ? {} : { pipeline: flags.pipeline }),
  });
  const known = (await context.listPipelines(request)).map(({ name }) => name);
  if (flags.pipeline !== undefined || asker === undefined || known.length < 2) return proposed;
  return asker.choose('Which pipeline?', known, proposed);
}

/** Undefined = this machine. */
async function chooseCluster(flags: InitFlags, asker: Asker | undefined): Promise<ClusterOptions | undefined> {
  const asked = targetOf(flags);
  if (asked !== undefined) return asked === 'kubernetes' ? clusterOf(flags) : undefined;
  if (asker === undefined || flags.profile !== undefined) return undefined;
  if ((await asker.choose('Where shall it run?', ['here', 'cluster'], 'here')) === 'here') return undefined;
  const context = await asker.text('Which context of the kubeconfig? (empty = its current one)');
  const namespace = await asker.text("Which namespace? (empty = the context's)");
  return { ...(context === '' ? {} : { context }), ...(namespace === '' ? {} : { namespace }) };
}

async function chooseProfile(
  context: CliContext,
  maker: ProjectMaker,
  { request, flags, asker, cluster }: Step & { readonly cluster: ClusterOptions | undefined },
): Promise<string | undefined> {
  if (flags.profile !== undefined) return flags.profile;
  const target = cluster === undefined ? 'local' : 'kubernetes';
  const nodes =
    cluster === undefined ? [] : await context.nodeGpus({ cluster, maxOffline: MAX_OFFLINE }, context.signal);
  if (cluster !== undefined) context.stderr.write(`${gpuSentence(nodes)}\n`);
  const choices = await maker.profiles(request, target);
  const { proposedProfile } = await import('../../actions/project/init-project.ts');
  const proposed = nodes === undefined ? undefined : proposedProfile(choices, target, nodes);
  const names = choices.map(({ name }) => name);
  if (asker !== undefined && names.length > 1) {
    return asker.choose('Which profile?', names, proposed?.name, choices.map(describe));
  }
  if (proposed !== undefined || target === 'local') return proposed?.name;
  const why = nodes === undefined ? 'nodes may not be listed' : 'no profile fits what its nodes have';
  throw new UserError('bad-usage', `which profile is meant for the cluster is not known: ${why}`, {
    hint: names.length === 0 ? 'the pipeline has none for a cluster' : `name one: --profile ${names.join(', ')}`,
  });
}

function describe({ gpus }: ProfileChoice): string {
  return gpus === undefined ? '' : gpus === 0 ? 'no GPU' : `${gpus} GPU${gpus === 1 ? '' : 's'} at a time`;
}

function gpuSentence(nodes: Awaited<ReturnType<CliContext['nodeGpus']>>): string {
  if (nodes === undefined) return 'The nodes of the cluster may not be listed: what GPUs they have is not known.';
  if (nodes.length === 0) return 'No node of the cluster has a GPU.';
  const shown = nodes.map(
    ({ node, total, product }) => `${oneLine(node)} ${total}${product === undefined ? '' : ` x ${oneLine(product)}`}`,
  );
  return `GPUs of the cluster: ${shown.join(', ')}`;
}

/** An answer that cannot be used is told, and asked for again. */
async function askValues(maker: ProjectMaker, asker: Asker, request: ProjectRequest, set: string[]): Promise<void> {
  for (const { path, title, description, examples } of await maker.missing(request)) {
    const example = examples?.[0] === undefined ? '' : `, for example ${String(examples[0])}`;
    const what = [title ?? path, description].filter((text) => text !== undefined).join('. ');
    await asker.until(`${what}\n(${path}${example}; empty = fill it in later)`, async (answer) => {
      if (answer === '') return;
      await maker.missing({ ...request, set: [...set, `${path}=${answer}`] });
      set.push(`${path}=${answer}`);
    });
  }
}

function whatNext(
  file: string,
  dir: string,
  made: {
    readonly request: ProjectRequest;
    readonly cluster: ClusterOptions | undefined;
    readonly missing: readonly string[];
  },
): string {
  const { request, cluster, missing } = made;
  const { pipeline, profile } = request;
  const project = dir === '.' ? '' : ` --project ${dir}`;
  const where = [
    ...(cluster?.context === undefined ? [] : [`--context ${cluster.context}`]),
    ...(cluster?.namespace === undefined ? [] : [`-n ${cluster.namespace}`]),
    ...(cluster?.kubeconfig === undefined ? [] : [`--kubeconfig ${cluster.kubeconfig}`]),
  ].join(' ');
  const on = where === '' ? '' : ` ${where}`;
  const next = [
    `ilab-backend validate${project}`,
    ...(cluster === undefined ? [] : [`ilab-backend doctor${project}${on === '' ? ' --target kubernetes' : on}`]),
    `ilab-backend plan${project}${on}`,
    `ilab-backend run${project}${on}`,
  ];
  return [
    `${file} is written: pipeline ${pipeline}${profile === undefined ? '' : `, profile ${profile}`}`,
    ...(missing.length === 0 ? [] : [`Fill in: ${missing.join(', ')}`]),
    'Then:',
    ...next.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
