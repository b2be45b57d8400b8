import type { FailureClass, Outcome } from './outcome.ts';

/*
 * What the exit code of a container means (docs/stage-contract.md), the same on every target.
 */

type Failed = Extract<Outcome, { kind: 'failed' }>;

const LONGEST_DETAIL = 400;
/** A shell ends so too for what it calls in the middle of its work. */
const COMMAND_ADVICE = 'correct the command, or have the image bring it';

/** Faults of the program itself, or of its size; the other signals come from outside. */
const OWN_SIGNALS = new Set([
  'SIGKILL',
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGTRAP',
  'SIGSYS',
  'SIGPIPE',
]);

/** A container that has ended with a code other than 0. */
export interface EndedContainer {
  readonly name: string;
  readonly role: 'init' | 'sidecar' | 'main';
  /** What it was told to run, for messages. */
  readonly command: string;
  readonly exitCode: number;
  /** The signal that `128 + N` stands for where it ran; absent when it stands for none. */
  readonly signal?: string;
  /** The kernel killed processes for want of memory while it ran; absent = nothing is known of that. */
  readonly memoryRanOut?: boolean;
  /** What it said last. */
  readonly detail?: string;
}

/** How a container other than `main` is called in a sentence; `it` is the main one. */
function containerPhrase({ name, role }: Pick<EndedContainer, 'name' | 'role'>): string {
  if (role === 'main') return 'it';
  return `${role === 'init' ? 'init container' : 'sidecar'} ${name}`;
}

/** The outcome that the end of a container gives its attempt. */
export function failureOfExit(container: EndedContainer): Failed {
  const helper = container.role !== 'main';
  const { reason, how, advice, ...rest } = judge(container);
  const said = container.detail === undefined ? '' : `: ${shorten(container.detail)}`;
  const fix = advice === undefined ? '' : `; ${advice}`;
  return {
    kind: 'failed',
    message: `${containerPhrase(container)} ${how}${said}${fix}`,
    reason: helper && reason !== 'cannot-start' ? 'helper-failed' : reason,
    ...rest,
    ...(helper ? { container: container.name } : {}),
  };
}

interface Judgement {
  readonly class: FailureClass;
  readonly reason: Failed['reason'];
  readonly how: string;
  /** What to change. */
  readonly advice?: string;
  readonly exitCode: number;
  readonly signal?: string;
}

function judge({ exitCode, command, signal, memoryRanOut }: EndedContainer): Judgement {
  switch (exitCode) {
    case 64:
      return {
        class: 'user',
        reason: 'bad-input',
        how: 'found its input or parameters at fault (exit code 64)',
        exitCode,
      };
    case 75:
      return { class: 'infra', reason: 'try-again', how: 'asks to try again later (exit code 75)', exitCode };
    case 126:
      return {
        class: 'config',
        reason: 'cannot-start',
        how: `cannot start: a command cannot be executed (exit code 126 of ${command})`,
        advice: COMMAND_ADVICE,
        exitCode,
      };
    case 127:
      return {
        class: 'config',
        reason: 'cannot-start',
        how: `cannot start: a command is not found (exit code 127 of ${command})`,
        advice: COMMAND_ADVICE,
        exitCode,
      };
  }
  if (signal === undefined) return { class: 'user', reason: 'exit', how: `ended with exit code ${exitCode}`, exitCode };
  const own = OWN_SIGNALS.has(signal);
  const how = `was ended by ${signal}${origin(signal, memoryRanOut)}`;
  return { class: own ? 'user' : 'infra', reason: 'signal', how, exitCode, signal };
}

/** Where a signal came from, as far as it is known. */
function origin(signal: string, memoryRanOut: boolean | undefined): string {
  if (signal !== 'SIGKILL')
    return OWN_SIGNALS.has(signal) ? ', a fault of the program itself' : ', sent by somebody else';
  switch (memoryRanOut) {
    case true:
      return ', and the kernel killed processes meanwhile because memory ran out';
    case false:
      return ', sent by somebody else';
    case undefined:
      return ', sent by somebody else or by a kernel that was short of memory';
  }
}

function shorten(text: string): string {
  return text.length <= LONGEST_DETAIL ? text : `${text.slice(0, LONGEST_DETAIL - 3)}...`;
}
