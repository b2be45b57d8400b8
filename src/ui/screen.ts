import type { RunView, StageView } from './run-view.ts';
import type { OnInterrupt } from './text/screen/run-lines.ts';

/*
 * What a person did with the keys, as data: which stage is looked at, what is asked. Pure, as the view of the run is; who
 * draws adds the two together, and does what a key asks for.
 */

/** What is asked before something is done that cannot be taken back; `y` does it. */
export type Question =
  | { readonly kind: 'cancel' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'approve'; readonly stage: string };

export interface Screen {
  /** The stage that was chosen; absent = whichever goes on. */
  readonly chosen?: string;
  /** The log stands still. */
  readonly paused: boolean;
  readonly help: boolean;
  readonly question?: Question;
  /** What came of the last key, one sentence. */
  readonly message?: string;
}

export const FIRST_SCREEN: Screen = { paused: false, help: false };

/** What a key asks of the program. */
export type Act =
  | Question
  | { readonly kind: 'detach' }
  | { readonly kind: 'open-log'; readonly attempt: LoggedAttempt }
  | { readonly kind: 'redraw' };

/** An attempt that has, or had, a log: also of the run that a stage was taken from. */
export interface LoggedAttempt {
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
  /** It may still grow. */
  readonly goesOn: boolean;
}

/** What the keys mean where this program drives, and where it only watches. */
export interface Keys {
  readonly driving: boolean;
  readonly onInterrupt: OnInterrupt;
}

/** Undefined when the stage has none yet. */
export function logOf(view: RunView, stage: StageView | undefined): LoggedAttempt | undefined {
  if (stage === undefined) return undefined;
  if (stage.detail.kind === 'reused') return { ...stage.detail.from, goesOn: false };
  if (stage.attempt === 0) return undefined;
  const { name, attempt, phase } = stage;
  if (phase === 'Submitted' || phase === 'Waiting' || phase === 'CannotStart') return undefined;
  return { run: view.run, stage: name, attempt, goesOn: phase === 'Running' };
}

/** The stage whose figures and log are shown: the chosen one, else one that goes on, else the last that did. */
export function shownStage(view: RunView, screen: Pick<Screen, 'chosen'>): StageView | undefined {
  const { stages } = view;
  return (
    stages.find(({ name }) => name === screen.chosen) ??
    stages.find(({ phase }) => phase === 'AwaitingApproval' || phase === 'Running') ??
    stages.find(({ since }) => since !== undefined) ??
    stages.findLast(({ attempt }) => attempt > 0) ??
    stages[0]
  );
}

/** The screen after a key, and what it asks for. A key that means nothing here takes back what was said last. */
export function press(
  screen: Screen,
  key: string,
  view: RunView,
  keys: Keys,
): { readonly screen: Screen; readonly act?: Act } {
  const { question, message: _, ...rest } = screen;
  if (question !== undefined) return { screen: rest, ...(key === 'y' || key === 'Y' ? { act: question } : {}) };
  const stage = shownStage(view, screen);
  switch (key) {
    case 'up':
    case 'k':
    case 'back-tab':
      return { screen: choose(rest, view, stage, -1) };
    case 'down':
    case 'j':
    case 'tab':
      return { screen: choose(rest, view, stage, 1) };
    case ' ':
      return { screen: { ...rest, paused: !rest.paused } };
    case '?':
    case 'h':
      return { screen: { ...rest, help: !rest.help } };
    case 'escape': {
      const { chosen: __, ...following } = rest;
      return { screen: rest.help ? { ...rest, help: false } : { ...following, paused: false } };
    }
    case 'l': {
      const attempt = logOf(view, stage);
      if (attempt !== undefined) return { screen: rest, act: { kind: 'open-log', attempt } };
      return { screen: { ...rest, message: `${stage?.name ?? 'no stage'} has no log yet` } };
    }
    case 'd':
      return { screen: rest, act: keys.driving ? { kind: 'detach' } : { kind: 'leave' } };
    case 'q':
      return leave(rest, keys);
    case 'c':
      return view.cancelling
        ? { screen: { ...rest, message: 'it is being cancelled' } }
        : { screen: { ...rest, question: { kind: 'cancel' } } };
    case 'a': {
      const asking = stage?.phase === 'AwaitingApproval' ? stage : view.stages.find(isAsking);
      if (asking === undefined) return { screen: { ...rest, message: 'no stage asks for approval' } };
      return { screen: { ...rest, question: { kind: 'approve', stage: asking.name } } };
    }
    case 'redraw':
      return { screen: rest, act: { kind: 'redraw' } };
    default:
      return { screen: rest };
  }
}

/** Who only watches leaves nothing behind; a run that loses its driver does not go beyond its present stage. */
function leave(screen: Screen, { driving, onInterrupt }: Keys): { readonly screen: Screen; readonly act?: Act } {
  if (!driving) return { screen, act: { kind: 'leave' } };
  return { screen: { ...screen, question: { kind: onInterrupt === 'cancel' ? 'cancel' : 'leave' } } };
}

function choose(screen: Screen, { stages }: RunView, from: StageView | undefined, step: number): Screen {
  const at = stages.findIndex(({ name }) => name === from?.name);
  const next = stages[(at + step + stages.length) % Math.max(1, stages.length)];
  return next === undefined ? screen : { ...screen, chosen: next.name, paused: false };
}

function isAsking({ phase }: StageView): boolean {
  return phase === 'AwaitingApproval';
}
