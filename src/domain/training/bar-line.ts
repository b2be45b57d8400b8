import { type Facts, WORK } from './facts.ts';

/** `Epoch 1:  35%|███▌      | 7/20 [00:03<00:06,  2.00it/s]`: description, done, total. */
const BAR = /^([^%|]{0,80}?):?\s{0,4}(\d{1,3})%\|[^|]{0,200}\| {0,2}(\d{1,12})\/(\d{1,12}) \[/;

/** A bar over the training says so, or says nothing: `Loading weights`, `Map` are other work. */
const TRAINS = /^(?:|(?:train(?:ing)?|epochs?|steps?)\b.{0,40})$/i;
const GENERATES = /Prompt Generation$/;

/**
 * A bar of tqdm. Of training: the step; of instructlab-sdg's teacher: the prompt, with the block as message; of anything
 * else only that it is at work. A bar inside another one (`\u001b[A`) is an evaluation.
 */
export function barLine(text: string): Facts | undefined {
  const percent = text.indexOf('%|');
  if (percent < 0 || percent > 120) return undefined;
  const found = BAR.exec(text);
  if (found === null) return undefined;
  const description = (found[1] ?? '').trim();
  const [step, steps] = [Number(found[3]), Number(found[4])];
  if (steps < step || steps === 0 || text.includes('\u001b[A')) return WORK;
  if (GENERATES.test(description)) return { kind: 'report', message: description, step, steps };
  return TRAINS.test(description) ? { kind: 'report', step, steps } : WORK;
}
