import { describe, expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import type { DecisionContext } from '../../../src/actions/plan/decide-stage.ts';
import { makePlan } from '../../../src/actions/plan/make-plan.ts';
import type { RunDocument } from '../../../src/actions/plan/run-document.ts';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../../src/domain/run/run-record.ts';
import { type FakeStage, FakeWorld, failed, fakePipeline, play, succeeded } from '../../fakes/story.ts';

const CHAIN: readonly FakeStage[] = [
  { name: 'datagen', params: { heldOut: 0.2 } },
  { name: 'train', needs: ['datagen'], params: { epochs: 2 } },
  { name: 'eval', needs: ['train', 'datagen'] },
  { name: 'publish', needs: ['eval'] },
];
const never = new AbortController().signal;

async function worldWithRun(stages = CHAIN): Promise<FakeWorld> {
  const world = new FakeWorld(stages, () => succeeded());
  await world.start('weekly-46');
  await play(driveRun(world.deps(), { name: 'weekly-46' }, never));
  return world;
}

async function plan(
  world: FakeWorld,
  document: RunDocument = world.document(),
  earlier?: readonly RunRecord[],
): Promise<Plan> {
  const runs = earlier ?? (await world.store.list()).map((stored) => stored.record);
  const context: DecisionContext = { pipeline: world.pipeline, document, runs, artifacts: world.deps().artifacts };
  return makePlan(context, world.target);
}

/** The record with attempts that had these times, in seconds. */
function withTimes(record: RunRecord, seconds: Partial<Record<keyof AttemptRecord['at'], number>>): RunRecord {
  const times = Object.entries(seconds).map(([name, second]) => [name, new Date(second * 1000).toISOString()]);
  const at = Object.fromEntries(times);
  const timed = (stage: StageRecord): StageRecord => ({
    ...stage,
    attempts: stage.attempts.map((attempt) => ({ ...attempt, at: { ...attempt.at, ...at } })),
  });
  return { ...record, stages: record.stages.map(timed) };
}

/** `stage: verdict, why`, a line a stage. */
function told(made: Plan): readonly string[] {
  return made.stages.map(({ name, verdict }) => {
    const since = verdict.kind === 'run' && verdict.since !== undefined ? ` since ${verdict.since}` : '';
    const why = verdict.kind === 'run' ? `${verdict.reasons.join('; ')}${since}` : verdict.reason;
    return `${name}: ${verdict.kind}, ${why}`;
  });
}

test('on a new machine everything runs, and it is said why', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  expect(told(await plan(world))).toEqual(CHAIN.map(({ name }) => `${name}: run, it has not run before`));
});

test('a stage of another pipeline with the same name is no run of this one', async () => {
  const world = await worldWithRun();
  const name = 'another';
  const changed = fakePipeline(CHAIN.map((stage) => ({ ...stage, params: { other: 1 } })));
  world.pipeline = { ...changed, pipeline: { ...changed.pipeline, name } };
  const [first] = (await plan(world)).stages;
  expect(first?.verdict).toEqual({ kind: 'run', reasons: ['it has not run before'] });
});

test('after a run everything is reused', async () => {
  const made = await plan(await worldWithRun());
  expect(made.stages.map((stage) => stage.verdict)).toEqual(
    CHAIN.map(({ name }) =>
      expect.objectContaining({ kind: 'reuse', from: { run: 'weekly-46', stage: name, attempt: 1 } }),
    ),
  );
});

describe('one thing changed flips exactly what stands behind it', () => {
  test.each([
    {
      what: 'a parameter of datagen',
      change: { datagen: { params: { heldOut: 0.3 } } },
      verdicts: ['run', 'later', 'later', 'later'],
      why: 'params.heldOut changed 0.2 -> 0.3 since weekly-46',
    },
    {
      what: 'a parameter of train',
      change: { train: { params: { epochs: 3 } } },
      verdicts: ['reuse', 'run', 'later', 'later'],
      why: 'params.epochs changed 2 -> 3 since weekly-46',
    },
    {
      what: 'a new parameter of eval',
      change: { eval: { params: { fewShots: 5 } } },
      verdicts: ['reuse', 'reuse', 'run', 'later'],
      why: 'params.fewShots is new (5) since weekly-46',
    },
    {
      what: 'a parameter of publish',
      change: { publish: { params: { name: 'x' } } },
      verdicts: ['reuse', 'reuse', 'reuse', 'run'],
      why: 'params.name is new (x) since weekly-46',
    },
  ])('$what', async ({ change, verdicts, why }) => {
    const world = await worldWithRun();
    const changes: Record<string, Partial<FakeStage>> = change;
    world.pipeline = fakePipeline(CHAIN.map((stage) => ({ ...stage, ...changes[stage.name] })));
    const made = await plan(world);
    expect(made.stages.map((stage) => stage.verdict.kind)).toEqual(verdicts);
    expect(told(made).find((line) => line.includes(': run,'))).toContain(why);
  });

  test('the program of a stage', async () => {
    const world = await worldWithRun();
    const document = world.document();
    const images = { ...document.images, 'stages/train/fake': { reference: 'stages/train/fake', identity: 'newer' } };
    const made = await plan(world, { ...document, images });
    expect(told(made)).toEqual([
      expect.stringContaining('datagen: reuse'),
      'train: run, the program of the stage changed since weekly-46',
      'eval: later, runs unless train makes the same as in weekly-46',
      'publish: later, runs unless eval makes the same as in weekly-46',
    ]);
  });
});

describe('what a person may ask for', () => {
  test('--only runs one stage and takes what it needs from earlier runs', async () => {
    const world = await worldWithRun();
    const made = await plan(world, world.document({ selected: ['train' as never], fresh: ['train'] }));
    expect(made.stages.map((stage) => stage.verdict.kind)).toEqual(['reuse', 'run', 'skip', 'skip']);
  });

  test('--only without an earlier run is blocked, with what to type', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    const made = await plan(world, world.document({ selected: ['train' as never] }));
    expect(made.stages[0]?.verdict).toMatchObject({
      kind: 'blocked',
      hint: expect.stringContaining('--until datagen'),
    });
  });

  test('--reuse takes a result whatever changed', async () => {
    const world = await worldWithRun();
    world.pipeline = fakePipeline(
      CHAIN.map((stage) => (stage.name === 'datagen' ? { ...stage, params: { heldOut: 0.9 } } : stage)),
    );
    const made = await plan(world, world.document({ reuse: { datagen: { stage: 'datagen', run: 'weekly-46' } } }));
    expect(made.stages.map((stage) => stage.verdict.kind)).toEqual(['reuse', 'reuse', 'reuse', 'reuse']);
  });

  test('--reuse takes nothing that is no longer what was made, also where nobody reads it', async () => {
    const world = await worldWithRun();
    world.spoilt.set('publish@weekly-46', 'it has other contents');
    const made = await plan(world, world.document({ reuse: { publish: { stage: 'publish', run: 'weekly-46' } } }));
    expect(made.stages.at(-1)?.verdict).toEqual({
      kind: 'blocked',
      reason: 'out of publish@weekly-46 changed after the run: out: it has other contents',
      hint: 'name another run, or leave `--reuse publish@weekly-46` out; all that changed: `ilab-backend artifacts weekly-46`',
    });
  });

  test('--no-reuse runs all, and says so', async () => {
    const world = await worldWithRun();
    const made = await plan(world, world.document({ fresh: ['*'] }));
    expect(told(made)[0]).toBe('datagen: run, asked for with --no-reuse');
    expect(made.stages.every((stage) => stage.verdict.kind === 'run')).toBe(true);
  });
});

test.each([
  { text: 'params.ask', asks: true, told: 'required' },
  { text: 'params.ask', asks: false, told: undefined },
  { text: 'results.one.metrics.loss\n  > 0.5', asks: false, told: 'results.one.metrics.loss > 0.5' },
])('an approval that asks $asks of $text is told as $told', async ({ text, asks, told: expected }) => {
  const world = new FakeWorld([{ name: 'one', approval: asks }], () => succeeded());
  const { pipeline } = world.pipeline;
  const approval = { text, place: { file: 'pipeline.yaml', line: 1, column: 1 } };
  const asking = { ...pipeline, stages: pipeline.stages.map((stage) => ({ ...stage, approval })) };
  const deps = { document: world.document(), runs: [], artifacts: world.deps().artifacts };
  const made = await makePlan({ ...deps, pipeline: { ...world.pipeline, pipeline: asking } }, world.target);
  expect(made.stages[0]?.approval).toBe(expected);
});

test('a stage whose last run failed is not reused', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => failed());
  await world.start('weekly-46');
  await play(driveRun(world.deps(), { name: 'weekly-46' }, never));
  expect(told(await plan(world))).toEqual(['one: run, it made nothing to reuse in weekly-46']);
});

test('a gate that refuses what is known already blocks, with the reason', async () => {
  const gated: readonly FakeStage[] = [
    { name: 'eval' },
    { name: 'publish', needs: ['eval'], gate: () => '0.4 is below 0.5' },
  ];
  const world = new FakeWorld(gated, () => succeeded());
  await world.start('weekly-46');
  await play(driveRun(world.deps(), { name: 'weekly-46' }, never));
  expect(told(await plan(world))[1]).toBe('publish: blocked, gate gate refuses: 0.4 is below 0.5');
});

describe('what to expect', () => {
  test('is how long a stage took when it last ended well under the same profile', async () => {
    const world = await worldWithRun();
    const made = await plan(world, world.document({ fresh: ['train'] }));
    expect(made.stages[0]).not.toHaveProperty('tookBefore');
    expect(made.stages[1]?.tookBefore).toEqual({ runs: ['weekly-46'], seconds: expect.any(Object) });
    expect(made.stages[1]).not.toHaveProperty('gpuHours');
    world.pipeline = { ...world.pipeline, profile: 'h100x4' };
    const other = await plan(world, world.document({ fresh: ['train'] }));
    expect(other.stages[1]).not.toHaveProperty('tookBefore');
  });

  test('counts from the node on, and makes GPU-hours of it', async () => {
    const world = await worldWithRun();
    const gpus = { limits: { 'nvidia.com/gpu': '4' } };
    const pod = { spec: { template: { spec: { containers: [{ name: 'main', resources: gpus }] } } } };
    const { render } = world.pipeline;
    world.pipeline = { ...world.pipeline, render: (...of) => render(...of).map((object) => ({ ...object, ...pod })) };
    // Given a model server that took half of the time
    const runs = (await world.store.list()).map(({ record }) =>
      withTimes(record, { placed: 0, started: 900, ended: 1800 }),
    );
    const made = await plan(world, world.document({ fresh: ['train'] }), runs);
    expect(made.stages[1]).toMatchObject({
      gpus: 4,
      tookBefore: { seconds: { median: 1800 } },
      gpuHours: { min: 2, median: 2, max: 2 },
    });
    expect(made.expected).toMatchObject({ gpuHours: { median: 8 }, runs: ['weekly-46'] });
  });
});
