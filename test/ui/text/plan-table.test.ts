import { expect, test } from 'vitest';
import type { Plan, StagePlan, Verdict } from '../../../src/domain/plan.ts';
import { planTable } from '../../../src/ui/text/plan-table.ts';
import { CONTROLS, poisoned, withoutStyles } from '../hostile.ts';

function stage(name: string, verdict: Verdict, gpus = 0): StagePlan {
  return {
    name: name as StagePlan['name'],
    verdict,
    engine: 'mlx',
    variant: 'job',
    image: { reference: `stages/${name}/mlx`, identity: 'sha256:ab' },
    objects: [`Job/preview-${name}-1`],
    gpus,
    gates: [],
  };
}
const from = { run: 'weekly-46', stage: 'datagen', attempt: 1 };
const result = { version: 1, metrics: {}, artifacts: [] } as const;
const plan: Plan = {
  pipeline: { name: 'instructlab', version: '1.0.0' },
  target: 'local',
  stages: [
    stage('datagen', { kind: 'reuse', from, result, reason: 'nothing changed' }),
    stage('train', { kind: 'run', reasons: ['params.train.epochs changed 2 -> 3', 'the image changed'] }),
    stage('eval', { kind: 'later', on: ['train' as StagePlan['name']], reason: 'nothing of its own changed' }),
    stage('publish', { kind: 'blocked', reason: 'input scores has no source', hint: 'add --input scores=eval@RUN' }),
    stage('report', { kind: 'skip', reason: 'not among the stages asked for' }),
  ],
  peakGpus: 0,
  notEnforced: ['resources.limits.memory'],
};

test('says per stage what would happen, why, and what to type', () => {
  expect(planTable(plan)).toMatchInlineSnapshot(`
    "STAGE     PLAN      ENGINE   VARIANT   REASON
    datagen   reuse     mlx      job       from weekly-46/datagen: nothing changed
    train     run       mlx      job       params.train.epochs changed 2 -> 3; the image changed
    eval      later     mlx      job       depends on train: nothing of its own changed
    publish   blocked   mlx      job       input scores has no source
    report    skip      mlx      job       not among the stages asked for

    publish: add --input scores=eval@RUN
    Not enforced on target local: resources.limits.memory"
  `);
});
test('shows GPUs where a stage holds some', () => {
  const gpus = {
    ...plan,
    notEnforced: [],
    peakGpus: 4,
    stages: [stage('train', { kind: 'run', reasons: ['there is no earlier run'] }, 4)],
  };
  expect(planTable(gpus)).toMatchInlineSnapshot(`
    "STAGE   PLAN   ENGINE   VARIANT   GPUS   REASON
    train   run    mlx      job       4      there is no earlier run

    At most 4 GPUs at one time."
  `);
});
test('says how long stages took before, and of which nothing is known', () => {
  const run = { kind: 'run', reasons: ['the image changed'] } as const;
  const known = (name: string, seconds: number): StagePlan => ({
    ...stage(name, run),
    tookBefore: { seconds, run: 'weekly-46' },
  });
  const stages = [known('datagen', 3720), known('train', 40_000), stage('eval', run)];
  expect(planTable({ ...plan, notEnforced: [], stages })).toMatchInlineSnapshot(`
    "STAGE     PLAN   ENGINE   VARIANT   TOOK BEFORE   REASON
    datagen   run    mlx      job       1h 2m         the image changed
    train     run    mlx      job       11h 7m        the image changed
    eval      run    mlx      job       <none>        the image changed

    The stages took 12h 9m before, without eval (weekly-46)."
  `);
});
test('makes GPU-hours of both', () => {
  const run = { kind: 'run', reasons: ['the image changed'] } as const;
  const tookBefore = { seconds: 40_000, run: 'weekly-46' };
  const stages = [
    { ...stage('train', run, 4), tookBefore, gpuHours: 44.44 },
    { ...stage('publish', run), tookBefore: { seconds: 60, run: 'weekly-46' } },
  ];
  expect(planTable({ ...plan, notEnforced: [], peakGpus: 4, stages })).toMatchInlineSnapshot(`
    "STAGE     PLAN   ENGINE   VARIANT   GPUS   TOOK BEFORE   GPU-HOURS   REASON
    train     run    mlx      job       4      11h 7m        44.4        the image changed
    publish   run    mlx      job       0      1m 0s         <none>      the image changed

    At most 4 GPUs at one time.
    The stages took 11h 8m before, 44.4 GPU-hours (weekly-46)."
  `);
});
test('wraps its reasons to the terminal', () => {
  for (const line of planTable(plan, { width: 60 }).split('\n').slice(0, 9))
    expect(line.length).toBeLessThanOrEqual(60);
});
test('lets no hostile text through', () => {
  const kept = new Set(['kind', 'name', 'on', 'target']);
  expect(withoutStyles(planTable(poisoned(plan, kept), { color: true }))).not.toMatch(CONTROLS);
});
