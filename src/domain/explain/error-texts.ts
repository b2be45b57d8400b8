import type { ErrorCode } from '../errors.ts';

/** What a code means, for people who want more than the message and its hint: docs/errors.md and `diagnose` show it. */
export interface CodeText {
  /** One sentence. */
  readonly meaning: string;
  /** What it usually comes from, the likeliest first. */
  readonly causes: readonly string[];
  /** What to do, the cheapest first. */
  readonly remedies: readonly string[];
}

/** One text for each code of `ERRORS`. Beside it, so that no start of the program reads them. */
export const ERROR_TEXTS: Readonly<Record<ErrorCode, CodeText>> = {
  'bad-usage': {
    meaning: 'The command line cannot be understood. Nothing was read, written or submitted.',
    causes: ['a misspelt command or option', 'a missing or extra word', 'flags that contradict each other'],
    remedies: ['`ilab-backend help COMMAND` says what the command takes; docs/cli.md has all commands'],
  },
  'bad-template': {
    meaning: 'A template of a stage, or an overlay, cannot be used. Each fault is named with file, line and column.',
    causes: [
      'a name that the template does not have: a parameter, an input, a field',
      'a value of another type than the schema says',
      'an overlay that names an object, a container or a variable that is not there',
    ],
    remedies: [
      'correct the line that is shown; `ilab-backend render` shows what comes out',
      'docs/templates.md describes the language',
    ],
  },
  'bad-pipeline': {
    meaning: 'A pipeline or a profile cannot be used. Each fault is named with file, line and column.',
    causes: [
      'a misspelt key or a wrong type in pipeline.yaml',
      'stages that need each other in a circle, or an input that names no output',
      'an engine, a variant or a folder that is not there',
    ],
    remedies: ['correct the line that is shown', 'docs/templates.md describes the format of pipelines and profiles'],
  },
  'bad-config': {
    meaning:
      "The configuration of the project, the user or this machine cannot be used: the project's file, a values file, the kubeconfig, a proxy, the settings of an outside service.",
    causes: [
      'a misspelt key, a wrong type, a file that is no YAML',
      'a file that is not there, or that everybody may write although it starts a program',
      'no kubeconfig on this machine',
    ],
    remedies: [
      '`ilab-backend config view --show-origin` shows every value and where it comes from',
      'docs/configuration.md has the keys',
    ],
  },
  'bad-params': {
    meaning:
      "A parameter is missing, misspelt, or has a value that the pipeline's schema does not allow. All faults are told together.",
    causes: [
      'a parameter that chooses data has no default and was not given',
      'a misspelt name; the message says which one is near',
      'a number outside its bounds, or a text where a list is wanted',
    ],
    remedies: [
      '`ilab-backend pipelines show PIPELINE` lists the parameters, their types, bounds and defaults',
      'give it with `--set name=value`, `-f FILE`, or under `params:` of ilab-backend.yaml',
    ],
  },
  'bad-input': {
    meaning:
      'What a stage takes in is missing or cannot be used: data, an output of another stage, a model, the place it publishes to.',
    causes: [
      'a stage alone whose inputs were never made: `--only train` without a datagen that ended well',
      'a file of another form than the stage reads',
      'a destination that would refuse the result, or a token without the right to write',
    ],
    remedies: [
      '`ilab-backend plan` says of each stage what it lacks',
      'run what makes the input too (`--until STAGE`), or give it: `--input NAME=STAGE@RUN`, `--input NAME=FOLDER`',
    ],
  },
  'unknown-pipeline': {
    meaning: 'There is no pipeline of that name, neither in the project nor among those of the program.',
    causes: ['a misspelt name', 'another folder than the one of the project'],
    remedies: ['`ilab-backend pipelines list`', 'name the folder of the project with `--project DIR`'],
  },
  'unknown-profile': {
    meaning: 'The pipeline has no profile of that name.',
    causes: ['a misspelt name', 'a profile of another pipeline'],
    remedies: ['`ilab-backend pipelines show PIPELINE` lists the profiles'],
  },
  'unknown-stage': {
    meaning: 'The pipeline has no stage of that name.',
    causes: ['a misspelt name', 'a stage of another pipeline: name that one'],
    remedies: ['`ilab-backend pipelines show PIPELINE` lists the stages'],
  },
  'not-supported': {
    meaning: 'The target cannot run what the stage is made of. It is refused before anything starts.',
    causes: [
      'a kind of object that needs a cluster (PyTorchJob, TrainJob) on the local target',
      'a field of a manifest that changes what runs and that this machine cannot honour',
    ],
    remedies: ['choose another variant or profile', 'run it on a cluster: `--target kubernetes -n NAMESPACE`'],
  },
  'cannot-start': {
    meaning:
      'Something that must be there before a stage starts is missing here: an image, an environment, a program, a secret, a right.',
    causes: [
      'images that nobody has built, or that the cluster cannot pull',
      'no Python that is new enough, no container engine, no network while an environment is made',
      'a secret that a stage names and this machine does not have',
      'on a cluster: a missing right, quota, claim or Secret',
      'no desktop that opens a file: `report --open`',
    ],
    remedies: [
      '`ilab-backend doctor` says what this machine lacks; with `-n NAMESPACE` what the cluster lacks',
      'when it is mended, `ilab-backend resume RUN` goes on',
    ],
  },
  unreachable: {
    meaning:
      'A cluster or a service does not answer, or does not accept the credentials. Nothing was cancelled: what runs there goes on.',
    causes: [
      'the network, a VPN or a proxy; a laptop that slept',
      'credentials that ran out',
      'an API server or a hub that restarts or is overloaded',
      'a kubeconfig that names a cluster that is gone',
    ],
    remedies: [
      'log in again, or check `kubectl get pods` with the same context',
      '`ilab-backend resume RUN`, `watch RUN` or `status RUN` when it answers; `--max-offline 2h` waits longer',
    ],
  },
  'not-found': {
    meaning: 'A run, or something inside a recorded run, cannot be found. The message says where it was looked for.',
    causes: [
      'the run lives elsewhere: another cluster, namespace or state folder',
      'a misspelt name',
      'it was deleted: `rm`, `prune`',
      'the stage has made nothing yet, or took its result from another run',
    ],
    remedies: [
      '`ilab-backend list`; for a cluster with `--context`, `-n`',
      'with the flags of the place where it was started: `--state-dir`, `--context`, `-n`',
    ],
  },
  'run-lost': {
    meaning: "The run's own record vanished while it was driven or followed: nothing is left to go on with.",
    causes: [
      'somebody deleted it, or its namespace, or the state folder',
      'a namespace that is being deleted takes its runs along',
    ],
    remedies: [
      'what was submitted may go on: look with `kubectl get jobs`, or in the list of processes',
      'begin anew: `ilab-backend run`; what other runs made is reused',
    ],
  },
  'name-taken': {
    meaning: 'A name, or the right to do something, belongs to somebody else. Nothing was changed.',
    causes: [
      'a run of that name exists with another plan; the message has the difference',
      'another program drives the run, and lives',
      'an object of that name in the namespace is not ours',
    ],
    remedies: [
      'another name: `--name NAME`',
      'follow instead of driving: `ilab-backend watch RUN`; end it first: `ilab-backend cancel RUN`',
    ],
  },
  'still-running': {
    meaning: 'A run that is to be deleted is being driven, or a stage of it still runs. Nothing was changed.',
    causes: ['a driver of the run lives, here or on the cluster', 'the driver is gone, and what it started goes on'],
    remedies: [
      'end it: `ilab-backend cancel RUN`, then `ilab-backend rm RUN`',
      'see how it stands: `ilab-backend status RUN`',
    ],
  },
  'in-use': {
    meaning:
      'Other runs took over what this one made, or read it. Without it they could not be told or resumed. Nothing was changed.',
    causes: ['a stage was reused from it', 'a run was told to, with `--reuse` or `--input`'],
    remedies: [
      'remove the runs that the message names first: `ilab-backend rm RUN`',
      'remove every run that nothing builds on, oldest first: `ilab-backend rm --help`',
    ],
  },
  'storage-failed': {
    meaning: 'Something could not be written or kept: the state folder, a download, an object of the cluster.',
    causes: [
      'the disk is full, or the quota is used up',
      'the folder may not be written, or others may write to it too',
      'a file system that reports errors',
    ],
    remedies: [
      'free space, or choose another folder with `--state-dir`',
      '`ilab-backend prune --older-than 30d` frees what no run needs',
      'then `ilab-backend resume RUN`: what is recorded is never lost by this',
    ],
  },
  'state-broken': {
    meaning: 'What is stored cannot be read as what it was written as. Nothing is changed or deleted.',
    causes: [
      'the file was edited or cut, or the disk lost it',
      'an object of the cluster was edited by hand',
      'another program uses the same folder',
    ],
    remedies: [
      'keep a copy, then move the file away to start afresh; the folders of the runs stay',
      'other runs of the same place are not concerned: `ilab-backend list` shows them',
    ],
  },
  interrupted: {
    meaning:
      'Ctrl-C, SIGTERM or SIGHUP ended the command before its work was done. A stage that had begun goes on; then the last words of the run say how to go on with it.',
    causes: ['a key, or a system that ends what takes too long'],
    remedies: [
      'type the command again',
      'a run that was recorded before stands in `ilab-backend list`, and `ilab-backend resume RUN` goes on with it',
    ],
  },
  'state-newer': {
    meaning: 'A newer version of the program wrote it, in a form that this one does not know. Nothing is changed.',
    causes: ['two versions of the program use one state folder or namespace', 'the program was downgraded'],
    remedies: ['use the newer ilab-backend', 'another folder for the older one: `--state-dir DIR`'],
  },
};
