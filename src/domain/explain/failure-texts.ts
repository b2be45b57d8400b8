import type { FailureClass, FailureReason } from '../attempt/outcome.ts';
import type { CodeText } from './error-texts.ts';

/** What a reason of a failed attempt means. */
export interface FailureText extends CodeText {
  /** Whose fault it can be: it decides which retry budget is used. */
  readonly classes: readonly FailureClass[];
}

/** One text for each reason why an attempt fails. */
export const FAILURE_TEXTS: Readonly<Record<FailureReason, FailureText>> = {
  exit: {
    classes: ['user'],
    meaning: "The stage's program ended with an exit code that is neither 64 nor 75: a crash.",
    causes: ['a fault that the last lines of its log tell', 'values that the program cannot work with'],
    remedies: ['`ilab-backend logs RUN STAGE`', 'a changed value is a new run that keeps the rest: `run --set ...`'],
  },
  signal: {
    classes: ['user', 'infra'],
    meaning: "The stage's program was ended by a signal that this program did not send.",
    causes: [
      'SIGKILL: the kernel was short of memory, or somebody sent it',
      'SIGSEGV, SIGBUS, SIGABRT: a fault of the program or of a library',
      'SIGTERM: somebody, or the machine going down, asked it to end',
    ],
    remedies: ['after SIGKILL give it more memory, or less work at once', '`ilab-backend resume RUN` tries again'],
  },
  'bad-input': {
    classes: ['user'],
    meaning: 'The stage found its input or its parameters at fault (exit code 64). It is never repeated by itself.',
    causes: ['data of another form than the stage reads', 'parameters that contradict each other or the data'],
    remedies: ['its message and its log say what to mend', 'then a new run: what does not depend on it is reused'],
  },
  'try-again': {
    classes: ['infra'],
    meaning: 'The stage asks to be tried again later (exit code 75).',
    causes: ['a service that it needs does not answer: teacher, judge, hub, code host', 'a limit of requests'],
    remedies: ['`ilab-backend resume RUN` when the service answers', '`ilab-backend doctor` asks the services'],
  },
  deadline: {
    classes: ['user'],
    meaning: 'It did not end within `timeouts.run` of the stage.',
    causes: ['more work than the limit was made for', 'a stage that hangs: its log stops before the end'],
    remedies: [
      '`ilab-backend logs RUN STAGE` shows how far it came',
      '`ilab-backend resume RUN`: a stage that keeps checkpoints goes on from the newest, with all of its time again',
      '`ilab-backend resume RUN --run-timeout 48h` gives this and each further attempt more; for runs to come, raise `timeouts.run` of the stage or give `run --run-timeout` (a new run begins the stage anew)',
    ],
  },
  'no-result': {
    classes: ['user'],
    meaning: 'It ended with exit code 0 and left no result.json.',
    causes: ['a driver that does not keep the stage contract', 'an image that was made for something else'],
    remedies: ['docs/stage-contract.md', '`contract: plain` in the pipeline, for images that write no result'],
  },
  'invalid-result': {
    classes: ['user'],
    meaning: 'It ended with exit code 0, but its result.json is none, or names what is not there.',
    causes: ['a field of another type: metrics are numbers', 'an artifact whose path, size or digest is wrong'],
    remedies: ['the message names the fault; docs/stage-contract.md has the form'],
  },
  'cannot-start': {
    classes: ['config', 'infra', 'user'],
    meaning: 'The stage never began its work: what it runs on, or what it runs, could not be had.',
    causes: [
      'an image that cannot be pulled, a command that is not in it',
      'no node that is large enough, a quota, a missing claim or Secret',
      'locally: the environment could not be made, or a command is not found',
    ],
    remedies: [
      'the sentence names the object and the fix; docs/troubleshooting.md has each of them',
      '`ilab-backend doctor` before the next try, then `ilab-backend resume RUN`',
    ],
  },
  'helper-failed': {
    classes: ['user'],
    meaning: "A container beside the stage's main one failed: one that prepares it, or a server that it needs.",
    causes: ['a model server that ran out of memory, or got a wrong model', 'data that could not be fetched'],
    remedies: ['`ilab-backend logs RUN STAGE --container NAME`'],
  },
  'over-limit': {
    classes: ['user', 'config'],
    meaning: 'It used more memory or disk than it was given, and was ended for that.',
    causes: ['a limit that is too small for the model or the batch', 'temporary files on the disk of the node'],
    remedies: ['raise `resources.limits` in the profile, or work on less at once', 'write large files to a volume'],
  },
  disrupted: {
    classes: ['infra'],
    meaning: 'What it ran on was taken away.',
    causes: ['a node that was lost, drained or restarted', 'eviction or preemption', 'somebody deleted the pod'],
    remedies: [
      'a new attempt follows by itself, as often as `retry.infra` allows',
      'preempted again and again: `pod.priorityClassName`',
    ],
  },
  'stopped-on-warning': {
    classes: ['user'],
    meaning: 'Its log told of a fault that `stopOn` of the stage names, and it was ended for it.',
    causes: [
      'a loss that is no number, a step that does not end, a GPU that is full or broken: its message has the line',
    ],
    remedies: [
      'its message names what to change: `run --set ...`, a new run that keeps the rest',
      '`--stop-on STAGE=none` lets it go on (docs/watching.md)',
    ],
  },
  'digest-mismatch': {
    classes: ['config'],
    meaning: 'An input or an output is not what was recorded: it changed afterwards.',
    causes: ['a file was edited in the folder of a run', 'a disk or a transfer that lost something'],
    remedies: ['make it again: `ilab-backend run --no-reuse=STAGE`'],
  },
};
