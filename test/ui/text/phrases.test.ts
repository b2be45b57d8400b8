import { expect, test } from 'vitest';
import type { Progress } from '../../../src/domain/attempt/progress.ts';
import { progressPhrase } from '../../../src/ui/text/phrases.ts';

const PHRASES: readonly (readonly [what: string, progress: Progress, phrase: string])[] = [
  ['a message alone', { message: 'measuring base' }, 'measuring base'],
  [
    'figures that the message tells, rounded',
    {
      fraction: 0.29,
      message: 'step 10: loss 2.893, 652 tokens/s',
      metrics: { loss: 2.8931, tokens_per_second: 651.6 },
    },
    '29% step 10: loss 2.893, 652 tokens/s',
  ],
  [
    'figures that were rounded twice',
    { message: 'loss 2.263, reward -0.512', metrics: { loss: 2.2635, reward: -0.51251 } },
    'loss 2.263, reward -0.512',
  ],
  [
    'figures that are others',
    { message: 'loss 2.263', metrics: { loss: 2.265, reward: -2.263 } },
    'loss 2.263 (loss=2.265, reward=-2.263)',
  ],
  [
    'one that it tells and one that it does not',
    { message: 'loss 2.893', metrics: { loss: 2.893, learning_rate: 0.005 } },
    'loss 2.893 (learning_rate=0.005)',
  ],
  [
    'a count that a figure is like',
    { message: 'epoch 1.0 of 3', metrics: { loss: 1.02 } },
    'epoch 1.0 of 3 (loss=1.02)',
  ],
  ['a figure that is no number', { message: 'step 100', metrics: { loss: 'NaN' } }, 'step 100 (loss=NaN)'],
  ['no message', { step: 120, steps: 400, metrics: { loss: 120 } }, 'step 120 of 400'],
];

test.each(PHRASES)('progress: %s', (_, progress, phrase) => {
  expect(progressPhrase(progress)).toBe(phrase);
});
