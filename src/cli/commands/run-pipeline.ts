import { refuseDestinations } from '../../actions/check-destinations.ts';
import type { Deps } from '../../actions/deps.ts';
import { driveRun } from '../../actions/drive/drive-run.ts';
import { type LogsRequest, readLogs } from '../../actions/follow/read-logs.ts';
import { checkPlan } from '../../actions/plan/check-plan.ts';
import { prepareDocument, type Wishes } from '../../actions/plan/prepare-document.ts';
import { startRun } from '../../actions/start-run.ts';
import { parseProgress } from '../../domain/training/own-line.ts';
import { sanitize } from '../../ui/text/sanitize.ts';
import type { CliContext } from '../context.ts';
import { driveOrDetach } from '../drive.ts';
import type { DriveFlags } from '../drive-options.ts';
import { clusterOf, openPlace, openPlanPlace, type PlaceFlags, placeOf, targetOf } from '../place.ts';
import { openProject, type ProjectFlags } from '../project.ts';
import { type SelectionFlags, wishesOf } from '../selection.ts';
import { telling, tellingDeps } from '../wait-line.ts';
import { showPlan } from './show-plan.ts';

export interface RunFlags extends PlaceFlags, ProjectFlags, SelectionFlags, DriveFlags {
  readonly name?: string;
  readonly dryRun?: boolean;
}

export type StageFlags = RunFlags & { readonly pipeline?: string };

/** `publish --dry-run`: a stage that can only look does so, and what it would do is printed; of another the plan is shown. */
export async function runStage(context: CliContext, stage: string, flags: StageFlags): Promise<number> {
  if (flags.dryRun !== true) return runPipeline(context, flags.pipeline, flags);
  const { pipeline } = await openProject(context, flags.pipeline, flags, targetOf(flags));
  const parameter = pipeline.pipeline.stages.find(({ name }) => name === stage)?.dryRun;
  if (parameter === undefined) return runPipeline(context, flags.pipeline, flags);
  const set = [...(flags.set ?? []), `${parameter}=true`];
  return runPipeline(context, flags.pipeline, { ...flags, dryRun: false, set }, stage);
}

async function printLog(context: CliContext, deps: Deps, request: LogsRequest): Promise<void> {
  const { isTTY, color, unicode } = context.stdout;
  for await (const { lines } of readLogs(deps, request, context.signal)) {
    for (const { text, container } of lines) {
      if (container !== 'main' || parseProgress(text) !== undefined) continue;
      context.stdout.write(`${isTTY ? sanitize(text, { color, unicode }) : text}\n`);
    }
  }
}

/** Records a run and drives it, or hands it over. Returns the exit code. `shown`: the stage whose log is what was asked for. */
export async function runPipeline(
  context: CliContext,
  pipeline: string | undefined,
  flags: RunFlags,
  shown?: string,
): Promise<number> {
  const project = await openProject(context, pipeline, flags, targetOf(flags));
  const wishes = wishesOf(project.pipeline, flags, context.cwd);
  if (flags.dryRun === true) {
    const place = await openPlanPlace(context, flags, project.pipeline);
    return showPlan(context, place, project, wishes, {
      form: flags.output === 'json' ? 'json' : undefined,
      project: flags.project,
    });
  }
  const deps = await openPlace(context, flags, project.pipeline);
  const name = await record(context, deps, project, { flags, wishes });
  const exitCode = await driveOrDetach(context, deps, name, flags, driveRun);
  if (exitCode === 0 && shown !== undefined && flags.output !== 'json' && flags.detach !== true) {
    await printLog(context, deps, { name, stage: shown, follow: false });
  }
  return exitCode;
}

async function record(
  context: CliContext,
  deps: Deps,
  project: Awaited<ReturnType<typeof openProject>>,
  { flags, wishes }: { readonly flags: RunFlags; readonly wishes: Wishes },
): Promise<string> {
  const { signal } = context;
  const { name } = flags;
  const { pipeline } = project;
  const target = targetOf(flags) ?? pipeline.target;
  const document = await telling(context, (at) => prepareDocument(tellingDeps(deps, at), project, wishes, signal));
  // A run of that name goes on with its own plan: what it builds on was there when it was recorded.
  const known = name !== undefined && (await deps.store.read(name)) !== undefined;
  if (!known) {
    const plan = await checkPlan(deps, pipeline, document, flags.project);
    const place = placeOf(flags, target === 'kubernetes' ? clusterOf(flags) : undefined);
    await refuseDestinations(pipeline, plan, () => context.openDestinations(place), signal);
    if (flags.detach === true) await deps.drivers.check();
  }
  const started = await startRun(deps, { pipeline, document, target, ...(name === undefined ? {} : { name }) });
  return started.name;
}
