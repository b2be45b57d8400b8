import { type Facts, metricName, numberIn, WORK } from './facts.ts';
import { bodyAt, withoutColour } from './segments.ts';

/*
 * What engines below a trainer say: DeepSpeed, Megatron-LM (and what is made of it), torchtitan. A value that a line does not
 * hold is left to the trainer's own lines.
 */

const NUMBER = '(-?(?:[\\d.,]{1,24}(?:[eE][-+]?\\d{1,3})?|nan|inf))';

const STEP = /^step=(\d{1,12}), skipped=\d{1,12}, lr=\[([^\],]{1,40})/;
const SPEED = /^epoch=\d{1,9}\/micro_step=\d{1,12}\/global_step=(\d{1,12}), RunningAvgSamplesPerSec=([\w.+-]{1,40}), /;
const PIPELINE = new RegExp(
  `^steps: (\\d{1,12}) loss: ${NUMBER} iter time \\(s\\): [\\d.]{1,24} samples/sec: ${NUMBER}`,
);

/** `[...] [INFO] [logging.py:107:log_dist] [Rank 0] step=10, skipped=0, lr=[2e-05], mom=[(0.9, 0.95)]`. */
export function deepspeedLine(text: string): Facts | undefined {
  if (!DEEPSPEED.some((mark) => text.includes(mark))) return undefined;
  const body = text.slice(bodyAt(text));
  const step = STEP.exec(body);
  if (step !== null) return { kind: 'report', step: Number(step[1]), metrics: known({ lr: step[2] }) };
  const speed = SPEED.exec(body);
  if (speed !== null) return { kind: 'work', metrics: known({ samples_per_second: speed[2] }) };
  const pipeline = PIPELINE.exec(body);
  if (pipeline !== null) {
    const [, at, loss, samples] = pipeline;
    return { kind: 'report', step: Number(at), metrics: known({ loss, samples_per_second: samples }) };
  }
  return text.includes('OVERFLOW! Rank 0 Skipping step.') ? WORK : undefined;
}

/** One of them is in each line of DeepSpeed that is read. */
export const DEEPSPEED = ['skipped=', 'global_step=', 'iter time (s)', 'OVERFLOW! '];

const ITERATION = /^iteration {1,12}(\d{1,12})\/ {0,12}(\d{1,12}) \|/;
const LOSS = new RegExp(`\\| (?:lm loss|reduced_train_loss): ${NUMBER} \\|`, 'i');
const RATE = new RegExp(`\\| learning rate: ${NUMBER} \\|`);
const GRADIENT = new RegExp(`\\| grad norm: ${NUMBER} \\|`);
const VALIDATION = new RegExp(
  `^validation loss at iteration \\d{1,12} \\|(?: on \\w{1,20} set \\|)? lm loss value: ${NUMBER} \\|`,
);

/** ` [2026-01-05 10:00:00] iteration       10/     500 | consumed samples: ... | lm loss: 1.05E+01 | ...`. */
export function megatronLine(text: string): Facts | undefined {
  if (!text.includes('iteration ')) return undefined;
  const body = text.slice(bodyAt(text));
  const found = ITERATION.exec(body);
  if (found !== null) {
    const metrics = known({
      loss: LOSS.exec(body)?.[1],
      learning_rate: RATE.exec(body)?.[1],
      grad_norm: GRADIENT.exec(body)?.[1],
    });
    return { kind: 'report', step: Number(found[1]), steps: Number(found[2]), metrics };
  }
  const validation = VALIDATION.exec(body)?.[1];
  return validation === undefined ? undefined : { kind: 'work', metrics: known({ val_loss: validation }) };
}

const TITAN = new RegExp(`^step: {1,4}(\\d{1,12}) {1,4}loss: {1,4}${NUMBER}(?: {1,4}grad_norm: {1,4}${NUMBER})?`);
const TOKENS = new RegExp(` tps: {1,4}${NUMBER}`);
const NAMED_LOGGER = /^root - INFO - /;

/** `[titan] 2026-01-05 10:00:00,123 - root - INFO - step: 10  loss:  4.1234  grad_norm:  1.2  memory: ...  tps: 1,234`. */
export function titanLine(raw: string): Facts | undefined {
  if (!raw.includes('step: ') || !raw.includes('loss: ')) return undefined;
  const text = withoutColour(raw);
  const body = text.slice(bodyAt(text)).replace(NAMED_LOGGER, '');
  const validates = body.startsWith('validate ');
  const found = TITAN.exec(validates ? body.slice('validate '.length) : body);
  if (found === null) return undefined;
  const [, step, loss, gradient] = found;
  if (validates) return { kind: 'work', metrics: known({ val_loss: loss }) };
  // Its `tps` are those of a device.
  const metrics = known({ loss, grad_norm: gradient, tokens_per_second_per_gpu: TOKENS.exec(text)?.[1] });
  return { kind: 'report', step: Number(step), metrics };
}

function known(texts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, number>> {
  const all = Object.entries(texts).map(([name, text]) => [metricName(name), numberIn(text)] as const);
  return Object.fromEntries(all.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}
