import { type Facts, numberIn, WORK } from './facts.ts';
import { withoutColour } from './segments.ts';

const NUMBER = '(-?(?:[\\d.,]{1,24}(?:e[-+]?\\d{1,3})?|nan|inf))';
const TRAIN = new RegExp(`^Iter (\\d{1,12}): Train loss ${NUMBER}(?:, |$)`);
const VALIDATION = new RegExp(`^Iter (\\d{1,12}): Val loss ${NUMBER}, Val took`);
const RATE = new RegExp(`Learning Rate ${NUMBER}`);
const SPEED = new RegExp(`Tokens/sec ${NUMBER}`);
const START = /^Starting training\.\.\., iters: (\d{1,12})/;

/** A row of the table of mlx-lm from 0.32 on: iteration, loss with its arrow, tokens a second, tokens. */
const ROW = new RegExp(`^ {1,8}(\\d{1,12}) {1,8}${NUMBER} [▼▲] {1,12}${NUMBER} {1,12}[\\d.,]{1,24}k\\s{0,8}$`);
const ROW_VALIDATION = new RegExp(`^ {1,8}(\\d{1,12}) {1,8}val {1,4}${NUMBER} {1,12}[\\d.]{1,24}s\\s{0,8}$`);
const HEAD = /^│\s{1,8}batch · iters\s{1,12}\d{1,12} · (\d{1,12})\s/;
const SAVE = /^ {1,8}save {1,8}\S/;

/** What mlx-lm's LoRA trainer prints: sentences up to 0.31, a table since. */
export function mlxLine(raw: string): Facts | undefined {
  if (!MARKS.some((mark) => raw.includes(mark))) return undefined;
  const text = withoutColour(raw);
  const steps = numberIn((START.exec(text) ?? HEAD.exec(text))?.[1]);
  if (steps !== undefined) return steps > 0 ? { kind: 'work', steps } : undefined;
  const sentence = TRAIN.exec(text);
  if (sentence !== null) {
    return trained(sentence, { learning_rate: RATE.exec(text)?.[1], tokens_per_second: SPEED.exec(text)?.[1] });
  }
  const row = ROW.exec(text);
  if (row !== null) return trained(row, { tokens_per_second: row[3] });
  const loss = numberIn((VALIDATION.exec(text) ?? ROW_VALIDATION.exec(text))?.[2]);
  if (loss !== undefined) return { kind: 'work', metrics: { val_loss: loss } };
  return SAVE.test(text) ? WORK : undefined;
}

const MARKS = ['Iter ', 'iters', '▼', '▲', 'val', 'save'];

function trained(found: RegExpExecArray, further: Readonly<Record<string, string | undefined>>): Facts | undefined {
  const loss = numberIn(found[2]);
  if (loss === undefined) return undefined;
  const others = Object.entries(further).flatMap(([name, text]) => {
    const value = numberIn(text);
    return value === undefined ? [] : [[name, value]];
  });
  return { kind: 'report', step: Number(found[1]), metrics: { loss, ...Object.fromEntries(others) } };
}
