import { expect, test } from 'vitest';
import { adviceFor } from '../../../src/domain/training/advice.ts';

const WATCH = { 'out-of-memory': { set: ['train.offload'], lower: ['train.length', 'train.deep.rows'] }, stall: {} };

test('names the parameters with their values of the run, the first helps most', () => {
  const params = { train: { length: 60_000, deep: { rows: 8 }, offload: 'x'.repeat(50) } };
  expect(adviceFor('out-of-memory', WATCH, params)).toEqual({
    fix: 'lower train.length (now 60000) or train.deep.rows (now 8), or set train.offload',
    how: { kind: 'change', set: 'train.length=30000' },
  });
});

test.each([
  ['lower', 0.00002, '0.00001'],
  ['lower', 3, '1'],
  ['lower', 1, 'VALUE'],
  ['lower', undefined, 'VALUE'],
  ['raise', 600, '1200'],
  ['set', false, 'true'],
  ['set', 'a', 'VALUE'],
] as const)('%s what is %s now: %s', (remedy, now, then) => {
  const params = now === undefined ? {} : { rate: now };
  expect(adviceFor('nan', { nan: { [remedy]: ['rate'] } }, params).how).toEqual({
    kind: 'change',
    set: `rate=${then}`,
  });
});

test('a GPU at fault is no reason for other values', () => {
  expect(adviceFor('gpu-fault', {}, {}).how).toEqual({ kind: 'resume' });
});

test.each(['nan', 'stall'] as const)('says what holds in general where the pipeline names nothing: %s', (kind) => {
  expect(adviceFor(kind, WATCH, {})).toEqual(adviceFor(kind, undefined, {}));
  expect(adviceFor(kind, WATCH, {}).fix).not.toBe('');
});
