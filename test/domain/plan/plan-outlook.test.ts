import { expect, test } from 'vitest';
import type { StageName } from '../../../src/domain/naming.ts';
import { outlookOf } from '../../../src/domain/plan/plan-outlook.ts';
import { spreadOf } from '../../../src/domain/plan/spread.ts';

/* What a plan takes, from what its stages took before. */

const RUN = { kind: 'run', reasons: [] } as const;
const stage = (name: string, needs: readonly string[], ...seconds: readonly number[]) => {
  const spread = spreadOf(seconds);
  return {
    name: name as StageName,
    needs: needs as readonly StageName[],
    verdict: RUN,
    ...(spread === undefined ? {} : { tookBefore: { seconds: spread, runs: ['b', 'a'] } }),
  };
};

test('a spread is the middle one and the ends, whatever their order', () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(spreadOf([30, 1, 2])).toEqual({ median: 2, min: 1, max: 30 });
  expect(spreadOf([4, 1, 2, 30])).toEqual({ median: 3, min: 1, max: 30 });
});

test('stages that wait for each other add up, others pass at the same time', () => {
  const stages = [
    stage('a', [], 10, 20, 30),
    stage('b', ['a'], 5),
    stage('c', ['a'], 1, 7, 100),
    stage('d', ['b', 'c'], 1),
  ];
  expect(outlookOf(stages)).toEqual({
    seconds: { min: 10 + 5 + 1, median: 20 + 7 + 1, max: 30 + 100 + 1 },
    runs: ['b', 'a'],
    unknown: [],
  });
});

test('GPU-hours add up also of what passes at the same time', () => {
  const hours = { min: 1, median: 2, max: 3 };
  const stages = [
    { ...stage('a', [], 10), gpuHours: hours },
    { ...stage('b', [], 10), gpuHours: hours },
  ];
  expect(outlookOf(stages)?.gpuHours).toEqual({ min: 2, median: 4, max: 6 });
});

test('what nothing is known of is named; nothing is said when that is all', () => {
  expect(outlookOf([stage('a', [], 1), stage('b', ['a'])])).toMatchObject({ unknown: ['b'], seconds: { median: 1 } });
  expect(outlookOf([stage('a', []), stage('b', ['a'])])).toBeUndefined();
  const reused = { ...stage('b', []), verdict: { kind: 'skip', reason: '' } as const };
  expect(outlookOf([stage('a', [], 1), reused])?.unknown).toEqual([]);
});
