import { type Facts, metricName, numberIn, WORK } from './facts.ts';

/**
 * A dict of one level as Python prints it: `{'loss': 2.31, 'epoch': 0.5}`; transformers 5 puts the numbers in quotes. A name is
 * whatever somebody gave to a metric: `rouge1`, `memory/max_mem_active(gib)`.
 */
const ITEM = /\{?\s?'([^'"\\]{1,80})': ?'?(-?[\w.+-]{1,40})'?[,}]/y;
const MOST = 64;
/** Of the Trainer before it begins, and of unsloth's banner. */
const TOTAL = /(?:^|[\s>-])(?:Total optimization steps|\| Total steps) = ([1-9][\d,]{0,14})\s{0,8}$/;

/** What the Trainer of transformers, and of what builds on it (trl), prints at `logging_steps`, after an evaluation and at the end. */
export function trainerLine(text: string): Facts | undefined {
  const total = TOTAL.exec(text.length > 400 ? '' : text)?.[1];
  if (total !== undefined) return { kind: 'work', steps: Number(total.replaceAll(',', '')) };
  const start = text.indexOf("{'");
  // A bar may stand before it where both streams are one; any other words tell of something.
  if (start < 0 || start > 200 || !/^\s*$|%\|/.test(text.slice(0, start))) return undefined;
  const all = items(text, start);
  if (all === undefined) return undefined;
  const epoch = all.get('epoch');
  const at = epoch !== undefined && epoch >= 0 ? { epoch } : {};
  if (all.has('train_runtime')) return { kind: 'over', ...at, metrics: only(all, ['train_loss']) };
  if (all.has('eval_loss')) return { kind: 'work', ...at, metrics: only(all, ['eval_loss']) };
  if (!all.has('loss'))
    return [...all.keys()].some((name) => name.startsWith('eval_')) ? { ...WORK, ...at } : undefined;
  const step = all.get('step');
  const counted = step !== undefined && Number.isSafeInteger(step) && step >= 0 ? { step } : {};
  return {
    kind: 'report',
    ...at,
    ...counted,
    metrics: only(
      all,
      [...all.keys()].filter((name) => !PLACES.has(name)),
    ),
  };
}

const PLACES = new Set(['epoch', 'step', 'num_tokens', 'num_input_tokens_seen']);

function items(text: string, start: number): Map<string, number> | undefined {
  const found = new Map<string, number>();
  let at = start;
  for (let count = 0; count < MOST; count += 1) {
    ITEM.lastIndex = at;
    const item = ITEM.exec(text);
    if (item === null) return undefined;
    const value = numberIn(item[2]);
    if (value !== undefined) found.set(item[1] ?? '', value);
    at = ITEM.lastIndex;
    if (text[at - 1] === '}') return text.slice(at).trim() === '' ? found : undefined;
    while (text[at] === ' ') at += 1;
  }
  return undefined;
}

function only(all: ReadonlyMap<string, number>, names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = all.get(name);
      return value === undefined ? [] : [[metricName(name), value]];
    }),
  );
}
