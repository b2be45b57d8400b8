import type { CommandName } from './command-names.ts';
import type { DefineCommand } from './define-command.ts';

/** A command as the help lists it. */
export interface CommandEntry {
  readonly name: CommandName;
  readonly summary: string;
  /** Loads the command's own file; called only when the command is typed. */
  readonly load: () => Promise<DefineCommand>;
  readonly group: 'run' | 'look' | 'prepare';
}

/** Every built-in command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    group: 'run',
    summary: 'Run a pipeline',
    load: async () => (await import('./commands/run.ts')).defineRun,
  },
  {
    name: 'resume',
    group: 'run',
    summary: 'Go on with a run',
    load: async () => (await import('./commands/resume.ts')).defineResume,
  },
  {
    name: 'cancel',
    group: 'run',
    summary: 'End a run',
    load: async () => (await import('./commands/cancel.ts')).defineCancel,
  },
  {
    name: 'approve',
    group: 'run',
    summary: 'Let a stage start that asks',
    load: async () => (await import('./commands/approve.ts')).defineApprove,
  },
  {
    name: 'decline',
    group: 'run',
    summary: 'Refuse a stage that asks',
    load: async () => (await import('./commands/approve.ts')).defineDecline,
  },
  {
    name: 'rm',
    group: 'run',
    summary: 'Delete runs with their logs and outputs',
    load: async () => (await import('./commands/rm.ts')).defineRm,
  },
  {
    name: 'prune',
    group: 'run',
    summary: 'Delete old runs, and data that no run needs',
    load: async () => (await import('./commands/prune.ts')).definePrune,
  },
  {
    name: 'list',
    group: 'look',
    summary: 'List the runs',
    load: async () => (await import('./commands/list.ts')).defineList,
  },
  {
    name: 'status',
    group: 'look',
    summary: 'Show a run',
    load: async () => (await import('./commands/status.ts')).defineStatus,
  },
  {
    name: 'watch',
    group: 'look',
    summary: 'Follow a run until it ends',
    load: async () => (await import('./commands/watch.ts')).defineWatch,
  },
  {
    name: 'wait',
    group: 'look',
    summary: 'Wait until a run has ended',
    load: async () => (await import('./commands/wait.ts')).defineWait,
  },
  {
    name: 'logs',
    group: 'look',
    summary: 'Print the logs of a run',
    load: async () => (await import('./commands/logs.ts')).defineLogs,
  },
  {
    name: 'artifacts',
    group: 'look',
    summary: 'List what a run made',
    load: async () => (await import('./commands/artifacts.ts')).defineArtifacts,
  },
  {
    name: 'diff',
    group: 'look',
    summary: 'Compare two runs, value by value',
    load: async () => (await import('./commands/diff.ts')).defineDiff,
  },
  {
    name: 'diagnose',
    group: 'look',
    summary: 'Write what is known of a run to a file, without secrets',
    load: async () => (await import('./commands/diagnose.ts')).defineDiagnose,
  },
  {
    name: 'report',
    group: 'look',
    summary: 'Write a page on runs: time, scores, curves, failures',
    load: async () => (await import('./commands/report.ts')).defineReport,
  },
  {
    name: 'verify',
    group: 'look',
    summary: 'Hold a published model against its statement',
    load: async () => (await import('./commands/verify.ts')).defineVerify,
  },
  {
    name: 'init',
    group: 'prepare',
    summary: 'Write a project file to begin with',
    load: async () => (await import('./commands/init.ts')).defineInit,
  },
  {
    name: 'plan',
    group: 'prepare',
    summary: 'Show what would run, and why',
    load: async () => (await import('./commands/plan.ts')).definePlan,
  },
  {
    name: 'render',
    group: 'prepare',
    summary: 'Print the manifests',
    load: async () => (await import('./commands/render.ts')).defineRender,
  },
  {
    name: 'rbac',
    group: 'prepare',
    summary: 'Print the rights that runs on a cluster need',
    load: async () => (await import('./commands/rbac.ts')).defineRbac,
  },
  {
    name: 'pipelines',
    group: 'prepare',
    summary: 'List pipelines and show their parameters',
    load: async () => (await import('./commands/pipelines.ts')).definePipelines,
  },
  {
    name: 'images',
    group: 'prepare',
    summary: 'Build the images of the stages, and list them',
    load: async () => (await import('./commands/images.ts')).defineImages,
  },
  {
    name: 'config',
    group: 'prepare',
    summary: 'Show every value and where it comes from',
    load: async () => (await import('./commands/config.ts')).defineConfig,
  },
  {
    name: 'explain',
    group: 'prepare',
    summary: 'Tell what a parameter means and where its value comes from',
    load: async () => (await import('./commands/explain.ts')).defineExplain,
  },
  {
    name: 'validate',
    group: 'prepare',
    summary: 'Check all that files can tell, without a cluster',
    load: async () => (await import('./commands/validate.ts')).defineValidate,
  },
  {
    name: 'doctor',
    group: 'prepare',
    summary: 'Check what this machine or a cluster has',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'completion',
    group: 'prepare',
    summary: 'Print the script that completes words in a shell',
    load: async () => (await import('./commands/completion.ts')).defineCompletion,
  },
];

export const GROUP_TITLES = {
  run: 'Run:',
  look: 'Look:',
  prepare: 'Prepare:',
} as const satisfies Record<CommandEntry['group'], string>;
