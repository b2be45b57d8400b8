import { expect, test } from 'vitest';
import type { Deps } from '../../src/actions/deps.ts';
import { makeReport } from '../../src/actions/make-report.ts';
import type { Outcome } from '../../src/domain/attempt/outcome.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { LogLine } from '../../src/ports/target.ts';
import { playedWorld } from '../fakes/played.ts';
import { failed, succeeded } from '../fakes/story.ts';

const signal = new AbortController().signal;
const SCORES = JSON.stringify({
  base: { heldout_loss: 5, per_leaf: { a_b: { heldout_loss: 6, heldout_loss_se: 0.5 } } },
  candidates: [
    {
      name: 'x',
      heldout_loss: 3,
      heldout_loss_se: 0.25,
      heldout_loss_delta_se: 0.1,
      per_leaf: { a_b: { heldout_loss: 2 } },
    },
  ],
  chosen: 'x',
});
const MANIFEST = JSON.stringify({
  version: 1,
  leaves: [
    { id: 'a_b', path: 'a/b', kind: 'skill', createdBy: 'grace', examples: 5, trainRows: { one: 2, two: 3 }, qna: 'q' },
  ],
  totals: { rows: 5 },
});
/** Its path in a stage's outputs -> what stands there; a fault where it cannot be read. */
const FILES: Readonly<Record<string, string | UserError>> = {
  'figures.json': SCORES,
  'data.json': MANIFEST,
  'other.json': '{"base": 1}',
  'broken.json': '{"base": {}, "candidates": []}',
  'away.json': new UserError('unreachable', 'the cluster does not answer'),
};

function made(...paths: readonly string[]): Outcome {
  const artifacts = paths.map((path) => ({
    name: path.replace('.json', ''),
    path,
    digest: `sha256:${'a'.repeat(64)}`,
    size: 9,
  }));
  return { kind: 'succeeded', result: { version: 1, metrics: { rows: 5 }, artifacts } };
}

/** The world's deps with files and a log behind them. */
function reading(deps: Deps, lines: readonly string[] = []): Deps {
  const log = lines.map(
    (text, index): LogLine => ({
      time: `2026-01-01T00:00:0${index}.000000000Z`,
      container: 'main',
      stream: 'stdout',
      text,
    }),
  );
  return {
    ...deps,
    target: Object.assign(Object.create(deps.target), {
      async *logs() {
        yield log;
      },
    }),
    artifacts: {
      ...deps.artifacts,
      async *read(_ref, path) {
        const found = FILES[path];
        if (found instanceof UserError) throw found;
        yield Buffer.from(found ?? '');
      },
    },
  };
}

test('scores and data are found by their shape, whatever made them; what cannot be read is told and is no fault', async () => {
  const world = await playedWorld([{ name: 'one' }], () =>
    made('figures.json', 'data.json', 'other.json', 'broken.json', 'away.json'),
  );
  const deps = reading(world.deps());
  const report = await makeReport([{ deps, name: 'weekly-1' }], { version: '1.2.3', files: true, signal });
  expect(report).toMatchObject({ kind: 'Report', program: '1.2.3' });
  const [run] = report.runs;
  expect(run?.scores).toEqual([
    {
      ...{ stage: 'one', artifact: 'figures', chosen: 'x', candidates: 1 },
      measures: [
        {
          ...{ name: 'Held-out loss', better: 'lower', title: expect.any(String), isNoise: false, verdict: 'better' },
          ...{ base: { value: 5 }, tuned: { value: 3, error: 0.25 }, difference: { value: -2, error: 0.1 } },
          leaves: [
            {
              ...{ leaf: 'a/b', base: { value: 6, error: 0.5 }, tuned: { value: 2 }, difference: { value: -4 } },
              ...{ isNoise: false, verdict: 'better' },
            },
          ],
        },
      ],
    },
  ]);
  expect(run?.data).toMatchObject([
    { stage: 'one', leaves: [{ leaf: 'a/b', examples: 5, rows: 5 }], totals: { rows: 5 } },
  ]);
  expect(run?.missing).toEqual([
    expect.stringMatching(/^one\/broken could not be read: /),
    'one/away could not be read: the cluster does not answer',
  ]);
  expect(run?.values).toContainEqual({ path: 'params.train.epochs', value: 3, origin: '--set train.epochs=3' });
  expect(run?.files).toEqual([{ path: 'pipeline.yaml', digest: expect.stringMatching(/^sha256:/) }]);
});

test('curves are what the log tells, of a stage that was taken over too; causes stay with their attempts', async () => {
  const world = await playedWorld(
    [{ name: 'one', retry: { infra: 1, user: 0 } }],
    (_, attempt) => (attempt === 1 ? failed({ class: 'infra' }) : succeeded()),
    ['weekly-1', 'weekly-2'],
  );
  const told = [5, 4, 3].map((loss) => `ilab-progress: {"metrics": {"loss": ${loss}}}`);
  const deps = reading(world.deps(), [...told, 'another line']);
  const names = ['weekly-1', 'weekly-2'];
  const report = await makeReport(
    names.map((name) => ({ deps, name })),
    { version: '1', files: true, signal },
  );
  const [first, second] = report.runs;
  expect(first?.failures).toEqual([
    expect.objectContaining({
      stage: 'one',
      attempt: 1,
      kind: 'failed',
      class: 'infra',
      message: 'exit code 1',
      isMended: true,
    }),
  ]);
  expect(first?.series.map(({ run, attempt }) => [run, attempt])).toEqual([
    ['weekly-1', 1],
    ['weekly-1', 2],
  ]);
  expect(first?.series[0]?.points.map(({ value }) => value)).toEqual([5, 4, 3]);
  expect(second?.stages[0]).toMatchObject({ phase: 'Reused', reused: { run: 'weekly-1', attempt: 2 }, attempts: [] });
  expect(second?.series).toMatchObject([{ run: 'weekly-1', attempt: 2, metric: 'loss', told: 3 }]);
});

test('a gate that refused says so; without files nothing is read, and the report says that', async () => {
  const world = await playedWorld([{ name: 'one' }, { name: 'two', needs: ['one'], gate: () => 'rows is 5' }], () =>
    succeeded(),
  );
  const [run] = (await makeReport([{ deps: world.deps(), name: 'weekly-1' }], { version: '1', files: false, signal }))
    .runs;
  expect(run?.phase).toBe('Refused');
  expect(run?.gates).toEqual([
    { stage: 'two', gate: 'gate', condition: 'fake', verdict: 'refused', sides: [], reason: 'rows is 5' },
  ]);
  expect(run?.missing).toEqual([expect.stringContaining('--no-files')]);
});

test('a gate that does not apply has not passed', async () => {
  const world = await playedWorld([{ name: 'one', idleGate: true }], () => succeeded());
  const { runs } = await makeReport([{ deps: world.deps(), name: 'weekly-1' }], { version: '1', files: false, signal });
  expect(runs[0]?.gates).toEqual([
    { stage: 'one', gate: 'gate', condition: 'fake', verdict: 'does not apply', sides: [] },
  ]);
});

test('a gate whose condition holds without any result has looked at none', async () => {
  const world = await playedWorld([{ name: 'one' }], () => succeeded());
  const gate = (name: string, condition: string) => ({ kind: 'passed', name, condition, sides: [] }) as const;
  world.pipeline = {
    ...world.pipeline,
    gates: (_, results) => [
      gate('off', 'params.gate != "x" || results.one.metrics.a > 1.0'),
      gate('on', 'params.rows > 1'),
      ...(Object.keys(results).length === 0 ? [] : [gate('asked', 'results.one.metrics.a > 1.0')]),
    ],
  };
  const { runs } = await makeReport([{ deps: world.deps(), name: 'weekly-1' }], { version: '1', files: false, signal });
  expect(runs[0]?.gates.map(({ gate: name, verdict }) => [name, verdict])).toEqual([
    ['off', 'does not apply'],
    ['on', 'passed'],
    ['asked', 'passed'],
  ]);
});

test('warnings are what the log tells, with the line and what to change', async () => {
  const world = await playedWorld([{ name: 'one' }], () => succeeded());
  const deps = reading(world.deps(), ["{'loss': 'nan', 'epoch': '0.6'}", 'more']);
  const report = await makeReport([{ deps, name: 'weekly-1' }], { version: '1', files: true, signal });
  expect(report.runs[0]?.warnings).toEqual([
    {
      ...{ run: 'weekly-1', stage: 'one', attempt: 1, at: '2026-01-01T00:00:00.000Z', kind: 'nan' },
      ...{ message: 'the loss is no number at epoch 0.6', evidence: "{'loss': 'nan', 'epoch': '0.6'}" },
      fix: expect.stringContaining('lower the learning rate'),
    },
  ]);
});
