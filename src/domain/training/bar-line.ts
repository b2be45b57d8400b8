import { type Facts, numberIn, WORK } from './facts.ts';
import { torchtuneBar } from './torchtune-line.ts';

/** `Epoch 1:  35%|███▌      | 7/20 [00:03<00:06,  2.00it/s]`: description, done, total. */
const BAR = /^([^%|]{0,80}?):?\s{0,4}(\d{1,3})%\|[^|]{0,200}\| {0,2}(\d{1,12})\/(\d{1,12}) \[/;

/** A bar over the training says so, or says nothing: `Loading weights`, `Map` are other work. */
const TRAINS = /^(?:|(?:train(?:ing)?|epochs?|steps?)\b.{0,40})$/i;
const GENERATES = /Prompt Generation$/;
/** What a script sets behind the bar, as Lightning and scripts of accelerate do: `[00:03<01:37, 2.00it/s, v_num=0, train_loss=1.23]`. */
const LOSS = /[, ](?:train_|step_)?loss(?:_step)?=(-?[\w.+-]{1,40})(?=[,\]])/;

/**
 * A bar of tqdm. Of training: the step; of instructlab-sdg's teacher: the prompt, with the block as message; of anything
 * else only that it is at work. A bar inside another one (`\u001b[A`) is an evaluation.
 */
export function barLine(text: string): Facts | undefined {
  const percent = text.indexOf('%|');
  if (percent < 0 || percent > 120) return undefined;
  const found = BAR.exec(text);
  if (found === null) return torchtuneBar(text);
  const description = (found[1] ?? '').trim();
  const [step, steps] = [Number(found[3]), Number(found[4])];
  if (steps < step || steps === 0 || text.includes('\u001b[A')) return WORK;
  if (GENERATES.test(description)) return { kind: 'report', message: description, step, steps };
  if (!TRAINS.test(description)) return WORK;
  const loss = numberIn(LOSS.exec(text.slice(found[0].length, found[0].length + 400))?.[1]);
  return { kind: 'report', step, steps, ...(loss === undefined ? {} : { metrics: { loss } }) };
}
