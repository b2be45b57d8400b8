import { expect, test } from 'vitest';
import type { Plan, StagePlan, Verdict } from '../../../src/domain/plan/plan.ts';
import { afterPlan } from '../../../src/domain/plan/plan-next.ts';

const run: Verdict = { kind: 'run', reasons: ['it has not run before'] };
const skip: Verdict = { kind: 'skip', reason: 'it was not asked for' };
const blocked: Verdict = { kind: 'blocked', reason: 'no data' };

function planOf(verdicts: readonly Verdict[], notBuilt: { readonly notBuilt?: true } = {}): Plan {
  const stages = verdicts.map((verdict, index): StagePlan => {
    const name = `s${index}` as StagePlan['name'];
    const image = { reference: 'a', identity: 'b', ...notBuilt };
    return { name, verdict, engine: 'a', variant: 'job', image, creates: [], gpus: 0, gates: [] };
  });
  const pipeline = { name: 'hello', version: '1.0.0' };
  return { pipeline, target: 'local', stages, peakGpus: 0, creates: [], rights: [], notEnforced: [] };
}

test.each([
  ['To start it', 'R', [skip, run], {}],
  ['Once the images are built', 'R', [run], { notBuilt: true }],
  ['Once what is blocked is mended', 'R', [run, blocked], { notBuilt: true }],
  ['Nothing would run; to have it made anew', 'R --no-reuse', [skip], { notBuilt: true }],
] as const)('%s: %s', (when, command, verdicts, notBuilt) => {
  expect(afterPlan(planOf(verdicts, notBuilt), 'R')).toEqual({ when, command });
});
