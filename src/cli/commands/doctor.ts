import { InvalidArgumentError, Option } from 'commander';
import { destinationsIn, lookAtDestinations } from '../../actions/check-destinations.ts';
import { type ClusterNeeds, clusterNeeds, type Endpoint, needsInside } from '../../actions/cluster-needs.ts';
import type { OpenProject } from '../../actions/project/open-project.ts';
import { tryNotifier } from '../../actions/try-notifier.ts';
import { type Destination, type OutsideDestination, parseDestination } from '../../domain/destination.ts';
import type { Finding } from '../../domain/diagnosis/finding.ts';
import { UserError } from '../../domain/errors.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, outputOption, writeDocument } from '../documents.ts';
import { addPlaceOptions, clusterOf, type PlaceFlags, placeOf, targetOf } from '../place.ts';
import { addProjectOptions, openProject, openProjectWithExamples, type ProjectFlags } from '../project.ts';

const PROBLEM_EXIT_CODE = 5;

interface DoctorFlags extends PlaceFlags, ProjectFlags {
  readonly output?: DocumentForm;
  readonly fromCluster?: boolean;
  readonly notify?: boolean;
  /** This is the pod: no project is here. */
  readonly inside?: boolean;
  readonly endpoint?: readonly Endpoint[];
  readonly destination?: readonly OutsideDestination[];
}

/** Ends with 5 when something keeps runs from starting. */
export const defineDoctor: DefineCommand = (command, context, done) => {
  addPlaceOptions(addProjectOptions(command.argument('[pipeline]', 'whose runs; absent = the default of the project')))
    .option('--notify', 'send a message to try the webhook of `notify:`')
    .option('--from-cluster', 'look from inside the cluster too, by a Job that is taken away again')
    .addOption(new Option('--inside').hideHelp())
    .addOption(new Option('--endpoint <name=url>').argParser(collectEndpoint).hideHelp())
    .addOption(new Option('--destination <json>').argParser(collectDestination).hideHelp())
    .addOption(outputOption(['json', 'yaml']))
    .addHelpText('after', DOCTOR_HELP)
    .action(async (pipeline: string | undefined, flags: DoctorFlags) => {
      const findings: Finding[] = [];
      for await (const finding of examine(context, pipeline, flags)) findings.push(finding);
      await writeDocument(
        context,
        flags.output,
        { findings },
        () => lines(findings),
        () => '',
      );
      done(findings.some((finding) => finding.state === 'problem') ? PROBLEM_EXIT_CODE : 0);
    });
};

const DOCTOR_HELP = `
Without flags it looks at this machine; with --target kubernetes, --context or
-n at a cluster; with a profile of a cluster at both. Nothing is created, but
for the Job of --from-cluster.

Examples:
  ilab-backend doctor
  ilab-backend doctor --profile h100x4 -n team --from-cluster
`;

async function* examine(
  context: CliContext,
  pipeline: string | undefined,
  flags: DoctorFlags,
): AsyncGenerator<Finding, void> {
  const { signal } = context;
  const place = placeOf(flags, clusterOf(flags));
  if (flags.inside === true) {
    const endpoints = flags.endpoint ?? [];
    yield* (await context.openDoctor(place, needsInside(endpoints, {}), 'here')).examine(signal);
    yield* context.probe(endpoints, signal);
    yield* lookAtDestinations(flags.destination ?? [], context.openDestinations, signal);
    return;
  }
  const asked = targetOf(flags) ?? (flags.fromCluster === true ? 'kubernetes' : undefined);
  const needs =
    asked === 'kubernetes' || flags.profile !== undefined ? await needsOf(context, pipeline, flags) : undefined;
  if (asked !== 'kubernetes') yield* context.examine(placeOf(flags), signal);
  const project = needs === undefined ? await projectHere(context, pipeline, flags) : needs.project;
  if (project !== undefined && 'state' in project) yield project;
  else if (project !== undefined) {
    // From inside its Secrets can be tried, too; a folder is looked at from nowhere else.
    const isAsked = ({ kind }: Destination): boolean => kind === 'folder' || flags.fromCluster !== true;
    yield* lookAtDestinations(destinationsIn(project.pipeline).filter(isAsked), context.openDestinations, signal);
  }
  if (flags.notify === true) yield await triedWebhook(context, project);
  if (needs === undefined || (asked ?? needs.target) !== 'kubernetes') return;
  if (needs.fault !== undefined) yield needs.fault;
  yield* (await context.openDoctor(place, needs.needs, 'here')).examine(signal);
  if (flags.fromCluster === true) {
    yield* (await context.openDoctor(place, needs.needs, 'inside')).examine(signal);
    return;
  }
  const named = needs.needs.endpoints.map(({ name }) => name).join(', ');
  if (named === '') return;
  yield { name: 'Endpoints', state: 'ok', message: `${named}: asked from inside only, with \`--from-cluster\`` };
}

async function triedWebhook(context: CliContext, project: OpenProject | Finding | undefined): Promise<Finding> {
  if (project !== undefined && !('state' in project))
    return tryNotifier(project.pipeline.notify, context.openNotifier, context.signal);
  const message = 'nothing was sent: without a project that can be run no webhook is known';
  return { name: 'Webhook', state: 'warning', message, fix: 'what it lacks: `ilab-backend validate`' };
}

/** Nobody has chosen yet; values that are there and wrong are another matter. */
function isOnlyMissing(message: string): boolean {
  return /^pipeline \S+ needs /.test(message) && !message.includes('these values cannot be used');
}

/** The project of this folder, or why there is none; undefined while its values are not chosen. */
async function projectHere(
  context: CliContext,
  pipeline: string | undefined,
  flags: DoctorFlags,
): Promise<OpenProject | Finding | undefined> {
  try {
    return await openProject(context, pipeline, flags, targetOf(flags));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code === 'bad-params' && isOnlyMissing(error.message)) return undefined;
    const message = error.message
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(0, 2)
      .join(' ');
    return { name: 'Project', state: 'problem', message, fix: 'what is wrong with it: `ilab-backend validate`' };
  }
}

interface Needs {
  /** Absent where it could not be read. */
  readonly project?: OpenProject;
  readonly target: 'local' | 'kubernetes';
  readonly needs: ClusterNeeds;
  /** What it lacks; without `project` nothing of its stages is known. */
  readonly fault?: Finding;
}

/** Who has not chosen their data yet wants to know the rest all the same. */
async function needsOf(context: CliContext, pipeline: string | undefined, flags: DoctorFlags): Promise<Needs> {
  const asked = targetOf(flags);
  try {
    const project = await openProjectWithExamples(context, pipeline, flags, asked);
    const target = asked ?? project.pipeline.target;
    const planTarget = await context.openPlanTarget(placeOf(flags), target);
    const fault = project.stoodIn.length === 0 ? {} : { fault: notChosen(project) };
    return { project, target, needs: await clusterNeeds(project, planTarget, flags.project), ...fault };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'bad-params' || asked !== 'kubernetes') throw error;
    const [message = ''] = error.message.split('\n', 1);
    const fix = 'give them with `--set` or `--project`: without them nothing is known of the stages';
    const fault = { name: 'Project', state: 'warning', message, fix } as const;
    return { target: 'kubernetes', needs: { ...needsInside([], {}), persona: 'owner' }, fault };
  }
}

function notChosen({ pipeline, stoodIn }: OpenProject): Finding {
  const message = `nobody gave ${stoodIn.join(', ')} of pipeline ${pipeline.pipeline.name}: what follows is of examples`;
  return { name: 'Project', state: 'warning', message, fix: 'give them with `--set` or `--project`' };
}

function collectEndpoint(text: string, before: readonly Endpoint[] | undefined): readonly Endpoint[] {
  const at = text.indexOf('=');
  if (at < 1 || !URL.canParse(text.slice(at + 1))) throw new InvalidArgumentError('Give NAME=URL.');
  return [...(before ?? []), { name: text.slice(0, at), url: text.slice(at + 1) }];
}

function collectDestination(
  text: string,
  before: readonly OutsideDestination[] | undefined,
): readonly OutsideDestination[] {
  const place = parseDestination(text);
  if (place === undefined) throw new InvalidArgumentError('Give a destination as JSON.');
  return [...(before ?? []), place];
}

const MARKS = { ok: 'ok', warning: 'warn', problem: 'FAIL' } as const satisfies Record<Finding['state'], string>;
const NAME_WIDTH = 13;

/** What helps against several findings in a row is said once, below them. */
function lines(findings: readonly Finding[]): string {
  const width = Math.max(NAME_WIDTH, ...findings.map(({ name }) => name.length + 1));
  return findings
    .flatMap(({ name, state, message, fix }, index) => {
      const first = `${MARKS[state].padEnd(5)}${name.padEnd(width)}${message}`;
      const isSaidBelow = fix === undefined || findings[index + 1]?.fix === fix;
      return isSaidBelow ? [first] : [first, `${' '.repeat(5 + width)}${fix}`];
    })
    .join('\n');
}
