import { createInterface } from 'node:readline';
import type { Prompt } from '../../ports/prompt.ts';

/** Asks on a terminal; Ctrl-C, Ctrl-D and `signal` leave. */
export function openPrompt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, signal: AbortSignal): Prompt {
  const lines = createInterface({ input, output, terminal: true });
  let hasLeft = false;
  let leave = (): void => undefined;
  const left = (): void => {
    hasLeft = true;
    leave();
  };
  lines.on('SIGINT', left).on('close', left);
  signal.addEventListener('abort', left, { once: true });
  return {
    ask: (question) =>
      new Promise((answered) => {
        if (hasLeft) {
          answered(undefined);
          return;
        }
        leave = () => answered(undefined);
        lines.question(question, (answer) => answered(answer.trim()));
      }),
    close: () => lines.close(),
  };
}
