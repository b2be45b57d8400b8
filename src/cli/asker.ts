import type { Prompt } from '../actions/project/init-project.ts';
import { UserError } from '../domain/errors.ts';
import { wrapTo } from '../ui/text/text-width.ts';
import type { Output } from './context.ts';

/** The person left: Ctrl-C, Ctrl-D. */
export class Left extends Error {
  override readonly name = 'Left';
}

/** Questions of several kinds. Every one throws `Left` when the person leaves. */
export class Asker {
  readonly #prompt: Prompt;
  readonly #output: Output;

  constructor(prompt: Prompt, output: Output) {
    this.#prompt = prompt;
    this.#output = output;
  }

  async text(question: string): Promise<string> {
    const lines = question.split('\n').flatMap((line) => wrapTo(line, this.#output.columns));
    this.#output.write(`${lines.join('\n')}\n`);
    const answer = await this.#prompt.ask('> ');
    if (answer === undefined) throw new Left();
    return answer;
  }

  /** One of `names`, by name or number; empty = `proposed`, where there is one. `notes` go with the names. */
  async choose(
    question: string,
    names: readonly string[],
    proposed: string | undefined,
    notes: readonly string[] = [],
  ): Promise<string> {
    const width = Math.max(...names.map((name) => name.length));
    const lines = names.map(
      (name, index) => `  ${index + 1}  ${`${name.padEnd(width)}  ${notes[index] ?? ''}`.trimEnd()}`,
    );
    const whole = [question, ...lines].join('\n');
    for (;;) {
      const answer =
        (await this.text(`${whole}${proposed === undefined ? '' : `\n(empty = ${proposed})`}`)) || proposed;
      const found = names.find((name, index) => name === answer || String(index + 1) === answer);
      if (found !== undefined) return found;
      this.#output.write('one of these, by its name or its number\n');
    }
  }

  /** Asks again while `take` refuses the answer with a `UserError`. */
  async until(question: string, take: (answer: string) => Promise<void>): Promise<void> {
    for (;;) {
      const answer = await this.text(question);
      try {
        await take(answer);
        return;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.#output.write(`${error.message}\n`);
      }
    }
  }
}
