import { type Facts, metricName, numberIn } from './facts.ts';

const HEAD = /^Step (\d{1,12}) \| (?=[\w.()/-]{1,60}:)/;
const PAIR = /([\w.()/-]{1,60}):([\w.+-]{1,40})(?: |$)/y;
const MOST = 40;
/** Of a rank or a GPU: no speed of the whole training. */
const NOT_SHOWN = /^(?:peak_)?memory|_memory/;

/** `Step 4 | loss:1.23 lr:2e-05 tokens_per_second_per_gpu:812.4 `, as torchtune's StdoutLogger and DiskLogger write it. */
export function torchtuneLine(text: string): Facts | undefined {
  const head = text.startsWith('Step ') ? HEAD.exec(text) : null;
  if (head === null) return undefined;
  const metrics: Record<string, number> = {};
  PAIR.lastIndex = head[0].length;
  for (let count = 0; count < MOST; count += 1) {
    const pair = PAIR.exec(text);
    if (pair === null) break;
    const [, name = '', number] = pair;
    const value = numberIn(number);
    if (value !== undefined && !NOT_SHOWN.test(name)) metrics[metricName(name)] = value;
  }
  return metrics['loss'] === undefined ? { kind: 'work', metrics } : { kind: 'report', step: Number(head[1]), metrics };
}

const BAR =
  /^(\d{1,6})\|(\d{1,12})\|Loss: (-?[\w.+-]{1,40}):\s{0,4}\d{1,3}%\|[^|]{0,200}\| {0,2}(\d{1,12})\/(\d{1,12}) \[/;

/** torchtune's bar is one of an epoch: `2|9|Loss: 1.23:  50%|█████     | 3/6 [...`; the step counts over all of them. */
export function torchtuneBar(text: string): Facts | undefined {
  const found = BAR.exec(text);
  const loss = numberIn(found?.[3]);
  if (found === null || loss === undefined) return undefined;
  const [epoch, step, done, total] = [found[1], found[2], found[4], found[5]].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const past = total > 0 ? { epoch: Math.round((epoch - 1 + done / total) * 1000) / 1000 } : {};
  return { kind: 'report', step, ...past, metrics: { loss } };
}
