import { answerApproval } from '../actions/answer-approval.ts';
import { wishToCancel } from '../actions/cancel-run.ts';
import type { Deps } from '../actions/deps.ts';
import { readLogs } from '../actions/follow/read-logs.ts';
import type { RunControls } from '../ui/controls.ts';
import type { LoggedAttempt } from '../ui/screen.ts';
import type { CliContext, Keyboard } from './context.ts';
import { logText } from './log-text.ts';

/** How whoever shows a run can be told to leave it. */
export interface Ways {
  readonly name: string;
  /** This program drives the run. */
  readonly driving: boolean;
  readonly leave: () => void;
  /** Absent where nothing is driven. */
  readonly detach?: () => void;
}

/** What the keys of a run's screen do: what the commands of their names do. */
export function runControls(
  context: CliContext,
  deps: Deps,
  keyboard: Keyboard,
  ways: Ways & { readonly onInterrupt: 'detach' | 'cancel' },
): RunControls {
  const { name, driving, onInterrupt, leave, detach = leave } = ways;
  return {
    keys: { driving, onInterrupt },
    leave,
    detach,
    cancel: () => wishToCancel(deps, { name, reason: 'from the screen' }),
    approve: async (stage) => {
      await answerApproval(deps, { run: name, stage, verdict: 'approve' });
    },
    openLog: (attempt) => keyboard.page(pages(context, deps, attempt), context.signal),
  };
}

/** What is there of a log now, as a terminal may show it; lines of other containers begin with their names. */
async function* pages(
  { stderr, signal }: CliContext,
  deps: Deps,
  { run, stage, attempt }: LoggedAttempt,
): AsyncGenerator<readonly string[], void> {
  const { color, unicode } = stderr;
  for await (const { lines } of readLogs(deps, { name: run, stage, attempt, follow: false }, signal)) {
    yield lines.map(({ container, text }) => {
      const from = container === 'main' ? '' : `[${container}] `;
      return from + logText(text, { color, unicode });
    });
  }
}
