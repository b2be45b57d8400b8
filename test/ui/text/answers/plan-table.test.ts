import { expect, test } from 'vitest';
import type { Plan, StagePlan, Verdict } from '../../../../src/domain/plan/plan.ts';
import { planTable } from '../../../../src/ui/text/answers/plan-table.ts';
import { CONTROLS, poisoned, withoutStyles } from '../../hostile.ts';

function stage(name: string, verdict: Verdict, gpus = 0): StagePlan {
  return {
    name: name as StagePlan['name'],
    verdict,
    engine: 'mlx',
    variant: 'job',
    image: { reference: `stages/${name}/mlx`, identity: 'sha256:ab' },
    creates: [],
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
  creates: [],
  rights: [],
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
test('says how long a stage may run at most, and what changed since the runs that tell how long it takes', () => {
  const timeouts = (run: number) => ({ queue: 86_400, start: 900, run, grace: 30 });
  const seconds = { median: 124, min: 124, max: 124 };
  const tookBefore = { seconds, runs: ['weekly-46'] };
  const reasons = ['params.train.epochs changed 2 -> 3', 'the image changed'];
  const train = stage('train', { kind: 'run', reasons, since: 'weekly-46' });
  const stages = [
    stage('datagen', { kind: 'reuse', from, result, reason: 'nothing changed' }),
    { ...train, timeouts: timeouts(345_600), tookBefore },
    { ...stage('eval', { kind: 'run', reasons: ['it has not run before'] }), timeouts: timeouts(86_400) },
    // It reads the same parameter: the change is said once.
    { ...stage('publish', { kind: 'run', reasons, since: 'weekly-46' }), tookBefore },
  ];
  const expected = { seconds, runs: ['weekly-46'], unknown: ['eval' as StagePlan['name']] };
  expect(
    planTable({ ...plan, stages, expected, notEnforced: [] })
      .split('\n')
      .slice(-2),
  ).toEqual([
    'Expected: 2m 4s, without eval, as in weekly-46. That was before params.train.epochs changed 2 -> 3.',
    'Longest a stage may run (`timeouts.run`): train 4d; eval 24h.',
  ]);
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
const run = { kind: 'run', reasons: ['the image changed'] } as const;
const known = (name: string, [min, median, max]: readonly [number, number, number], gpus = 0): StagePlan => ({
  ...stage(name, run, gpus),
  tookBefore: { seconds: { min, median, max }, runs: ['weekly-46', 'weekly-45'] },
  ...(gpus === 0
    ? {}
    : { gpuHours: { min: (gpus * min) / 3600, median: (gpus * median) / 3600, max: (gpus * max) / 3600 } }),
});
const took: Plan = {
  ...plan,
  notEnforced: [],
  peakGpus: 4,
  stages: [known('train', [36_000, 40_000, 45_000], 4), known('publish', [60, 60, 60]), stage('report', run)],
  expected: {
    seconds: { min: 36_060, median: 40_060, max: 45_060 },
    gpuHours: { min: 40, median: 44.44, max: 50 },
    runs: ['weekly-46', 'weekly-45'],
    unknown: ['report' as StagePlan['name']],
  },
};

test('says how long stages took before, with the spread, and of which nothing is known', () => {
  expect(planTable(took)).toMatchInlineSnapshot(`
    "STAGE     PLAN   ENGINE   VARIANT   GPUS   TOOK BEFORE   FROM - TO          GPU-HOURS   REASON
    train     run    mlx      job       4      11h 7m        10h 0m - 12h 30m   44.4        the image changed
    publish   run    mlx      job       0      1m 0s         1m 0s - 1m 0s      <none>      the image changed
    report    run    mlx      job       0      <none>        <none>             <none>      the image changed

    At most 4 GPUs at one time.
    Expected: 11h 8m (10h 1m to 12h 31m), 44.4 (40 to 50) GPU-hours, without report, as in the last 2 runs."
  `);
});
test('leaves the spread of each stage and the engines to wider terminals', () => {
  expect(planTable(took, { width: 80 })).toMatchInlineSnapshot(`
    "STAGE     PLAN   GPUS   TOOK BEFORE   GPU-HOURS   REASON
    train     run    4      11h 7m        44.4        the image changed
    publish   run    0      1m 0s         <none>      the image changed
    report    run    0      <none>        <none>      the image changed

    At most 4 GPUs at one time.
    Expected: 11h 8m (10h 1m to 12h 31m), 44.4 (40 to 50) GPU-hours, without report,
    as in the last 2 runs."
  `);
});
test('on a cluster: what would be created, what must hold before, and the rights', () => {
  const creates = ['ConfigMap', 'Job'].map((kind) => ({ kind, name: 'RUN-publish-1' }));
  const publish = {
    ...known('publish', [60, 60, 60]),
    creates,
    gates: [{ name: 'better', condition: 'results.eval.metrics.tuned > results.eval.metrics.base' }],
    approval: 'required',
  };
  const cluster: Plan = {
    ...plan,
    target: 'kubernetes',
    profile: 'h100x4',
    notEnforced: [],
    stages: [publish, { ...publish, verdict: { kind: 'skip', reason: 'not asked for' }, creates: [] }],
    creates: [
      { kind: 'Lease', name: 'RUN-run' },
      { kind: 'PersistentVolumeClaim', name: 'ilab-backend', ifAbsent: true },
    ],
    rights: [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'create'] },
    ],
  };
  const text = planTable(cluster, { width: 80 });
  expect(text).toMatchInlineSnapshot(`
    "STAGE     PLAN   TOOK BEFORE   REASON
    publish   run    1m 0s         the image changed
    publish   skip   1m 0s         not asked for

    FOR       WOULD CREATE            NAME
    publish   ConfigMap, Job          RUN-publish-1
    the run   Lease                   RUN-run
    the run   PersistentVolumeClaim   ilab-backend, where there is none

    BEFORE    GATE       CONDITION
    publish   better     results.eval.metrics.tuned > results.eval.metrics.base
    publish   approval   a person agrees

    RIGHTS TO          VERBS
    configmaps, jobs   get, create
    pods               list
    As a Role, with what is of use beside them:
      ilab-backend rbac instructlab --profile h100x4"
  `);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
test('says of an approval that results decide that it may not be asked', () => {
  const stages = [{ ...stage('publish', run), approval: 'results.eval.metrics.tuned < 0.5' }];
  expect(planTable({ ...plan, stages, notEnforced: [] })).toContain(
    'publish   approval   a person agrees; asked only if results.eval.metrics.tuned < 0.5',
  );
});
test('on this machine: says what is installed, once for stages that share it, and where outputs and logs will lie', () => {
  const here = (name: string, place?: string): StagePlan => ({
    ...stage(name, run),
    creates: [
      ...(place === undefined ? [] : [{ kind: 'Environment', name: place, packages: 42 }]),
      { kind: 'Process', name: `RUN-${name}-1` },
    ],
  });
  const text = planTable({
    ...plan,
    stages: [here('train', '/state/envs/a'), here('eval', '/state/envs/a'), here('publish')],
    creates: [
      { kind: 'Folder', name: '/state/runs/RUN', holds: 'outputs' },
      { kind: 'Folder', name: '/state/attempts/RUN', holds: 'logs' },
    ],
    notEnforced: [],
  });
  expect(text.split('\n\n')[1]).toMatchInlineSnapshot(`
    "FOR                    WOULD CREATE                       NAME
    train, eval            Environment of 42 packages, once   /state/envs/a
    train, eval, publish   Process each                       RUN-STAGE-1
    the run                Folder for outputs                 /state/runs/RUN
    the run                Folder for logs                    /state/attempts/RUN"
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
