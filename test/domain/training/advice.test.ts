import { expect, test } from 'vitest';
import { adviceFor } from '../../../src/domain/training/advice.ts';

const WATCH = { 'out-of-memory': { set: ['train.offload'], lower: ['train.length', 'train.deep.rows'] }, stall: {} };

test('names the parameters with their values of the run, the first helps most', () => {
  const params = { train: { length: 60_000, deep: { rows: 8 }, offload: 'x'.repeat(50) } };
  expect(adviceFor('out-of-memory', WATCH, params)).toBe(
    'lower train.length (now 60000) or train.deep.rows (now 8), or set train.offload',
  );
});

test.each(['nan', 'stall'] as const)('says what holds in general where the pipeline names nothing: %s', (kind) => {
  expect(adviceFor(kind, WATCH, {})).toBe(adviceFor(kind, undefined, {}));
  expect(adviceFor(kind, WATCH, {})).not.toBe('');
});
