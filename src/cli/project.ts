import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OpenProject, ProjectRequest } from '../actions/project/open-project.ts';
import { COMMAND_NAMES } from './command-names.ts';
import type { CliContext } from './context.ts';
import { parseSeconds } from './durations.ts';

/** Flags that decide a pipeline's values. */
export interface ProjectFlags {
  readonly project?: string;
  readonly profile?: string;
  readonly set?: readonly string[];
  readonly values?: readonly string[];
  /** Seconds. */
  readonly queueTimeout?: number;
  readonly startTimeout?: number;
  readonly runTimeout?: number;
  readonly require?: readonly string[];
  readonly stopOn?: readonly string[];
}

/** Of the commands that plan or render a run: what is stored with it, so that `resume` keeps it. */
export function addTimeoutOptions(command: Command): Command {
  return command
    .option(
      '--queue-timeout <duration>',
      'how long each stage may wait for room; absent = as the stage says',
      wholeSeconds,
    )
    .option('--start-timeout <duration>', 'how long each may take from there until it runs', wholeSeconds)
    .option('--run-timeout <duration>', 'how long each may run', wholeSeconds);
}

/** Of the commands that plan a run. */
export function addRequireOption(command: Command): Command {
  return command.option(
    '--require <stage=condition>',
    "one more gate of a stage, e.g. 'publish=results.eval.metrics.mmlu_branch_tuned >= 0.5'; may be repeated",
    collect,
  );
}

/** Of the commands that run something. */
export function addStopOnOption(command: Command): Command {
  return command.option(
    '--stop-on <stage=warnings>',
    'end a stage whose log tells of one of these, e.g. train=nan,stall; none turns it off; may be repeated',
    collect,
  );
}

/** A duration of at least a second, in seconds. */
export function wholeSeconds(text: string): number {
  const seconds = Math.ceil(parseSeconds(text));
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('Give at least 1s.');
}

/** The flags of `ProjectFlags`. */
export function addProjectOptions(command: Command): Command {
  return command
    .optionsGroup('Values:')
    .addOption(projectOption())
    .option('--profile <name>', 'values for one kind of hardware')
    .option('--set <name=value>', 'a parameter, e.g. train.epochs=3; may be repeated', collect)
    .option('-f, --values <file>', 'a YAML file of parameters; may be repeated', collect)
    .optionsGroup('Options:');
}

export function projectOption(): Option {
  return new Option('--project <dir>', 'the folder of ilab-backend.yaml; absent = this one');
}

/** As `openProject`; examples stand in for required values that nobody gave: what is asked does not depend on them. */
export function openProjectWithExamples(
  context: CliContext,
  pipeline: string | undefined,
  flags: ProjectFlags,
  target?: 'local' | 'kubernetes',
): Promise<OpenProject> {
  return context.openProject({ ...projectRequest(context, pipeline, flags, target), standIns: true });
}

/** Reads everything that decides a run. `target`: what the flags of the place say. Throws every fault together. */
export function openProject(
  context: CliContext,
  pipeline: string | undefined,
  flags: ProjectFlags,
  target?: 'local' | 'kubernetes',
): Promise<OpenProject> {
  return context.openProject(projectRequest(context, pipeline, flags, target));
}

/** What was typed, and where, as the actions take it. */
export function projectRequest(
  context: CliContext,
  pipeline: string | undefined,
  flags: ProjectFlags,
  target?: 'local' | 'kubernetes',
): ProjectRequest {
  return {
    ...librarySurroundings(context, flags),
    ...(target === undefined ? {} : { target }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...timeoutsOf(flags),
    ...(flags.require === undefined ? {} : { require: flags.require }),
    ...(flags.stopOn === undefined ? {} : { stopOn: flags.stopOn }),
    set: flags.set ?? [],
    valueFiles: flags.values ?? [],
  };
}

function timeoutsOf(flags: ProjectFlags): Pick<ProjectRequest, 'timeouts'> {
  const { queueTimeout: queue, startTimeout: start, runTimeout: run } = flags;
  if (queue === undefined && start === undefined && run === undefined) return {};
  return {
    timeouts: {
      ...(queue === undefined ? {} : { queue }),
      ...(start === undefined ? {} : { start }),
      ...(run === undefined ? {} : { run }),
    },
  };
}

/** Where pipelines and configuration are looked for. */
export function librarySurroundings(context: CliContext, flags: Pick<ProjectFlags, 'project'>) {
  const { packageRoot, cwd, home, env } = context;
  return {
    packageRoot,
    cwd,
    home,
    env,
    commands: COMMAND_NAMES,
    ...(flags.project === undefined ? {} : { project: flags.project }),
  };
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
