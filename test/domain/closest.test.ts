import { expect, test } from 'vitest';
import { nameHint } from '../../src/domain/closest.ts';

const NAMES = [
  'model',
  'train.epochs',
  'train.learningRate',
  'train.mlx.saveSteps',
  'train.mlx',
  'a.workers',
  'b.workers',
];

test.each([
  ['epochs', 'did you mean `train.epochs`?'],
  ['lr', 'did you mean `train.learningRate`?'],
  ['train.lr', 'did you mean `train.learningRate`?'],
  ['learningrate', 'did you mean `train.learningRate`?'],
  ['epoch', 'did you mean `train.epochs`?'],
  ['trian.epochs', 'did you mean `train.epochs`?'],
  ['datagen.epochs', 'did you mean `train.epochs`?'],
  ['train.saveSteps', 'did you mean `train.mlx.saveSteps`?'],
  ['workers', 'did you mean `a.workers`, `b.workers`?'],
  ['a.worker', 'did you mean `a.workers`?'],
  ['modle', 'did you mean `model`?'],
])('%s: %s', (typed, hint) => {
  expect(nameHint(typed, NAMES)).toBe(hint);
});

test('a name that is like none is answered with the list, cut when it is long', () => {
  expect(nameHint('zzzzzz', ['a', 'b'])).toBe('one of `a`, `b`');
  const many = Array.from({ length: 13 }, (_, index) => `n${index}`);
  expect(nameHint('zzzzzz', many)).toMatch(/^one of `n0`.*`n11`, \.\.\.$/);
  expect(nameHint('zzzzzz', [])).toBeUndefined();
});
