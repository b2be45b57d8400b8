/** The keys of a project, user or profile file and what each says; a file with another key is refused. */
export const FILE_KEYS = {
  apiVersion: 'The form of the file',
  kind: 'What kind of file it is',
  pipeline: 'The pipeline that is meant when none is typed',
  profile: 'The profile that is meant when none is typed: values for one kind of hardware',
  params: 'The parameters of the pipeline',
  stages: 'Which engine and variant each stage has, for how long at most, and what ends it',
  pod: 'What is put on every pod',
  notify: 'Who is told what becomes of runs, by one webhook',
  images: 'On a cluster: what stands for an image of the pipeline',
  overlays: 'Changes to the objects of a stage',
  pipelines: 'What holds for other pipelines than that of the file',
} as const;
/** A key at the top of a file. */
export type FileKey = keyof typeof FILE_KEYS;

/** Whether a profile has the key, too: it chooses neither a pipeline nor a profile. */
export function isOfProfiles(key: FileKey): boolean {
  return key !== 'pipeline' && key !== 'profile' && key !== 'pipelines';
}

/** What a file says for one pipeline, also below `pipelines:`. */
export const PIPELINE_KEYS = ['profile', 'params', 'stages', 'overlays'] as const;

/** What a file says of one stage below `stages:`. */
export const STAGE_KEYS = {
  engine: 'The program that does its work',
  variant: 'The shape of its objects',
  timeouts: 'How long it may take at most',
  stopOn: 'Warnings of its log that end it',
} as const;

/** The same below `timeouts:`. */
export const TIMEOUT_KEYS = {
  queue: 'Until it has a node',
  start: 'From there until it runs',
  run: 'From there until it ends',
  grace: 'From the wish that it ends until it is killed',
} as const;
