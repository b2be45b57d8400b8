import { createInterface } from 'node:readline';
import type { Prompt } from '../../ports/prompt.ts';

/** Asks on a terminal; Ctrl-C, Ctrl-D and `signal` leave. Lines that are typed before they are asked for answer what is asked next. */
export function openPrompt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, signal: AbortSignal): Prompt {
  const lines = createInterface({ input, output, terminal: true });
  const typedAhead: string[] = [];
  let hasLeft = false;
  let answered: ((line: string | undefined) => void) | undefined;
  const settle = (line: string | undefined): void => {
    const answer = answered;
    answered = undefined;
    answer?.(line?.trim());
  };
  const left = (): void => {
    hasLeft = true;
    settle(undefined);
  };
  const leave = (): void => {
    typedAhead.length = 0;
    left();
  };
  lines.on('line', (line) => (answered === undefined ? typedAhead.push(line) : settle(line)));
  lines.on('SIGINT', leave).on('close', left);
  signal.addEventListener('abort', leave, { once: true });
  return {
    ask: (question) =>
      new Promise((answer) => {
        const line = typedAhead.shift();
        if (line !== undefined) {
          output.write(`${question}${line}\n`);
          answer(line.trim());
        } else if (hasLeft) {
          answer(undefined);
        } else {
          answered = answer;
          lines.setPrompt(question);
          lines.prompt();
        }
      }),
    close: () => lines.close(),
  };
}
