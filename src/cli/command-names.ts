/** The built-in commands; a stage of a pipeline cannot have one of these names. */
export const COMMAND_NAMES = [
  'run',
  'resume',
  'cancel',
  'approve',
  'decline',
  'rm',
  'prune',
  'list',
  'status',
  'watch',
  'wait',
  'logs',
  'artifacts',
  'diff',
  'diagnose',
  'verify',
  'plan',
  'render',
  'rbac',
  'pipelines',
  'images',
  'config',
  'doctor',
  'help',
] as const;

export type CommandName = Exclude<(typeof COMMAND_NAMES)[number], 'help'>;
