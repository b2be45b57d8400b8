import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StageName } from '../../../src/domain/naming.ts';
import { type Holding, peakGpus } from '../../../src/domain/plan/plan-peak.ts';

function stage(name: string, gpus: number, ...needs: readonly string[]): Holding {
  return { name: name as StageName, needs: needs as StageName[], gpus };
}

test.each<[string, readonly Holding[], number]>([
  ['nothing', [], 0],
  ['a chain', [stage('datagen', 4), stage('train', 8, 'datagen'), stage('eval', 2, 'train')], 8],
  ['a chain around a stage without', [stage('a', 4), stage('b', 0, 'a'), stage('c', 3, 'b')], 4],
  ['two side by side', [stage('a', 1), stage('b', 2, 'a'), stage('c', 3, 'a')], 5],
  ['a diamond with a heavy end', [stage('a', 1), stage('b', 2, 'a'), stage('c', 3, 'a'), stage('d', 9, 'b', 'c')], 9],
])('%s', (_what, stages, peak) => {
  expect(peakGpus(stages)).toBe(peak);
});

/** Stages that each need some of those before them. */
const graphs = fc
  .array(fc.tuple(fc.nat(4), fc.array(fc.nat(20), { maxLength: 3 })), { maxLength: 24 })
  .map((drawn) =>
    drawn.map(([gpus, needs], index) =>
      stage(`s${index}`, gpus, ...(index === 0 ? [] : needs.map((need) => `s${need % index}`))),
    ),
  );

/** What a cluster would hold that starts each stage when all it needs are done, each after seconds of its own. */
function simulated(stages: readonly Holding[], seconds: readonly number[]): number {
  const spans: { readonly from: number; readonly to: number; readonly gpus: number }[] = [];
  const ends = new Map<StageName, number>();
  stages.forEach(({ name, needs, gpus }, index) => {
    const from = Math.max(0, ...needs.map((need) => ends.get(need) ?? 0));
    const to = from + (seconds[index] ?? 1);
    ends.set(name, to);
    spans.push({ from, to, gpus });
  });
  const held = (time: number): number =>
    spans.filter(({ from, to }) => from <= time && time < to).reduce((sum, { gpus }) => sum + gpus, 0);
  return Math.max(0, ...spans.map(({ from }) => held(from)));
}

test('however long the stages take, no more is held', () => {
  fc.assert(
    fc.property(
      graphs,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 24, maxLength: 24 }),
      (stages, seconds) => {
        expect(simulated(stages, seconds)).toBeLessThanOrEqual(peakGpus(stages));
      },
    ),
  );
});
