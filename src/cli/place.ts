import { type Command, Option } from 'commander';
import type { Deps, PlanDeps } from '../actions/deps.ts';
import { LATEST, resolveRunName } from '../actions/read-run.ts';
import { UserError } from '../domain/errors.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { CliContext, ClusterOptions, Output, PlaceOptions } from './context.ts';
import { parseSeconds } from './durations.ts';

/** Options of every command that reads or writes runs. */
export interface PlaceFlags {
  readonly stateDir?: string;
  readonly project?: string;
  readonly target?: 'local' | 'kubernetes';
  readonly context?: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  /** Seconds. */
  readonly maxOffline?: number;
}

/** Of the commands that stay: how long they wait for a cluster that is away. */
export function addOfflineOption(command: Command): Command {
  return command.option(
    '--max-offline <duration>',
    'how long to wait for a cluster that no longer answers (exit 6); absent = 30m; one that never answered: 15s at most',
    parseSeconds,
  );
}

/** The flags of `PlaceFlags`. */
export function addPlaceOptions(command: Command): Command {
  const where = (option: Option): Option => option.helpGroup('Where:');
  return command
    .addOption(where(new Option('--target <target>', 'where the run lives').choices(['local', 'kubernetes'])))
    .addOption(where(new Option('--context <name>', 'the cluster: a context of the kubeconfig')))
    .addOption(where(new Option('-n, --namespace <name>', "of the cluster; absent = the context's")))
    .addOption(where(new Option('--kubeconfig <file>', 'absent = $KUBECONFIG, ~/.kube/config, or the pod it runs in')))
    .addOption(
      where(new Option('--state-dir <dir>', "the folder of this machine's runs").env('ILAB_BACKEND_STATE_DIR')),
    );
}

/** Opens the place that the flags, or else the pipeline's profile, name. A cluster is never reached for unasked. */
export async function openPlace(context: CliContext, flags: PlaceFlags, pipeline?: RenderablePipeline): Promise<Deps> {
  const target = targetOf(flags) ?? pipeline?.target ?? 'local';
  return context.openDeps(placeOf(flags, target === 'kubernetes' ? clusterOf(flags) : undefined));
}

/** The same for a plan, which creates nothing anywhere. A cluster is asked only where a flag names it. */
export function openPlanPlace(context: CliContext, flags: PlaceFlags, pipeline: RenderablePipeline): Promise<PlanDeps> {
  const asked = targetOf(flags);
  const target = asked ?? pipeline.target;
  return context.openPlanDeps(placeOf(flags, asked === 'kubernetes' ? clusterOf(flags) : undefined), target);
}

/** What the help says of an argument that names a run. */
export const RUN_ARGUMENT = `a run's name, or ${LATEST}`;

/** A run, where it is, and the context to tell of it in. */
interface RunPlace {
  readonly deps: Deps;
  readonly name: string;
  readonly context: CliContext;
  /** Absent = this machine. */
  readonly cluster?: ClusterOptions;
}

/** The place and the name that RUN means: where a flag says, else on this machine, else where this machine saw it last. */
export async function openRunPlace(context: CliContext, flags: PlaceFlags, run: string): Promise<RunPlace> {
  const deps = await openPlace(context, flags);
  if (targetOf(flags) === undefined && run !== LATEST && (await deps.store.read(run)) === undefined) {
    const seen = await context.placeOfRun(placeOf(flags), run);
    if (seen !== undefined) {
      const there = await context.openDeps(placeOf(flags, seen));
      const name = await resolveRunName(there, run);
      return { deps: there, name, cluster: seen, context: withSeen(context, seen) };
    }
  }
  const cluster = targetOf(flags) === 'kubernetes' ? { cluster: clusterOf(flags) } : {};
  return { deps, name: await resolveRunName(deps, run), context, ...cluster };
}

/** The context that tells a new run to go where this one is, though nobody typed it: the profile may name this machine. */
function withSeen(context: CliContext, seen: ClusterOptions): CliContext {
  const flags = [
    ['--context', seen.context],
    ['-n', seen.namespace],
    ['--kubeconfig', seen.kubeconfig],
  ] as const;
  const place = flags.flatMap(([flag, value]) => (value === undefined ? [] : [[flag, value, 'planned'] as const]));
  const placed = (output: Output): Output => ({
    ...output,
    write: (text) => output.write(text),
    drained: () => output.drained(),
    place: [...(output.place ?? []), ...place],
  });
  return { ...context, stdout: placed(context.stdout), stderr: placed(context.stderr) };
}

/** What the flags say; undefined when they say nothing. Throws `bad-usage` for flags that contradict each other. */
export function targetOf(flags: PlaceFlags): 'local' | 'kubernetes' | undefined {
  const named = (['context', 'namespace', 'kubeconfig'] as const).filter((flag) => flags[flag] !== undefined);
  if (named.length === 0) return flags.target;
  if (flags.target !== 'local') return 'kubernetes';
  throw new UserError('bad-usage', `--target local has no ${named.map((flag) => `--${flag}`).join(', ')}`, {
    hint: 'leave one of them out',
  });
}

/** What the flags say of the cluster. */
export function clusterOf({ context, namespace, kubeconfig }: PlaceFlags): ClusterOptions {
  return {
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  };
}

/** What the flags say of the place, for the composition root; `cluster` makes it one. */
export function placeOf(flags: PlaceFlags, cluster?: ClusterOptions): PlaceOptions {
  const { stateDir, project, maxOffline } = flags;
  return {
    ...(maxOffline === undefined ? {} : { maxOffline }),
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(project === undefined ? {} : { project }),
    ...(cluster === undefined ? {} : { cluster }),
  };
}
