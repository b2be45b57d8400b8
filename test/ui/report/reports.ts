import type { MeasureReport } from '../../../src/domain/report/findings.ts';
import type { Report, RunReport, StageReport } from '../../../src/domain/report/report.ts';
import type { Series } from '../../../src/domain/report/series.ts';
import type { Span, SpanKind } from '../../../src/domain/report/spans.ts';

/* Reports with fixed figures: a week of GPU time with a failure in it, a run beside it, and what strangers may have named. */

const BEGAN = Date.UTC(2026, 0, 5, 6);

/** A time, in seconds after the run began. */
function at(seconds: number): string {
  return new Date(BEGAN + seconds * 1000).toISOString();
}

/** Neighbouring spans, each so many seconds long. */
function spans(from: number, ...parts: readonly (readonly [SpanKind, number])[]): readonly Span[] {
  let begin = from;
  return parts.map(([kind, seconds]) => {
    const span = { kind, from: at(begin), to: at(begin + seconds), seconds };
    begin += seconds;
    return span;
  });
}

const SHA = `sha256:${'ab'.repeat(32)}`;

const LEAVES = [
  'knowledge/engineering/bicycles/drivetrain',
  'compositional_skills/grounded/workshop/fault_report',
  'foundational_skills/workshop/order_of_work',
] as const;

function stages(shift: number): readonly StageReport[] {
  return [
    {
      name: 'datagen',
      phase: 'Succeeded',
      attempts: [
        {
          ...{ attempt: 1, phase: 'Succeeded', gpus: 1 },
          spans: spans(
            5,
            ['ours', 1],
            ['queue', 900],
            ['schedule', 4],
            ['pull', 180],
            ['init', 320],
            ['user', 7200],
            ['ours', 1],
          ),
        },
      ],
      metrics: { train_rows: 17_900, leaves: 3 },
    },
    {
      name: 'train',
      phase: 'Succeeded',
      attempts: [
        {
          ...{ attempt: 1, phase: 'Failed', gpus: 4 },
          spans: spans(8612, ['ours', 1], ['schedule', 3], ['pull', 420], ['user', 5400], ['ours', 2]),
        },
        {
          ...{ attempt: 2, phase: 'Succeeded', gpus: 4 },
          spans: spans(14_440, ['ours', 1], ['wait', 600], ['pull', 30], ['user', 28_800 + shift], ['ours', 1]),
        },
      ],
      metrics: { train_loss_first: 5.399, train_loss_last: 2.386 - shift / 1e5, tokens: 62_914_000 },
    },
    {
      name: 'eval',
      phase: 'Succeeded',
      attempts: [
        { attempt: 1, phase: 'Succeeded', gpus: 1, spans: spans(43_880, ['ours', 1], ['pull', 60], ['user', 5000]) },
      ],
      metrics: { base_heldout_loss: 5.757, tuned_heldout_loss: 2.45 },
      chosen: 'phase2/epoch-2',
    },
    {
      name: 'publish',
      phase: 'Skipped',
      reason: 'its condition is false: params.publish.registry != ""',
      attempts: [],
      metrics: {},
    },
  ];
}

function series(run: string, metric: string, of: (step: number) => number): Series {
  const points = Array.from({ length: 90 }, (_, index) => ({
    ...{ seconds: index * 320, value: of(index), step: index * 10 },
  }));
  return { stage: 'train', attempt: 2, run, metric, points, told: 900 };
}

function measure(name: string, better: 'lower' | 'higher', [base, tuned]: readonly [number, number]): MeasureReport {
  const compared = (shift: number) => ({
    base: { value: base + shift, error: 0.03 },
    tuned: { value: tuned - shift, error: 0.11 },
    difference: { value: tuned - base - 2 * shift, error: 0.11 },
    ...(Math.abs(tuned - base - 2 * shift) < 0.22
      ? { isNoise: true, verdict: 'within noise' as const }
      : {
          isNoise: false,
          verdict: tuned - 2 * shift < base === (better === 'lower') ? ('better' as const) : ('worse' as const),
        }),
    count: 8,
  });
  return {
    ...{ name, better, title: `${name} (${better} is better)` },
    ...compared(0),
    leaves: LEAVES.map((leaf, index) => ({ leaf, ...compared(index / 10) })),
  };
}

function run(name: string, shift: number): RunReport {
  return {
    ...{
      name,
      id: `5f0c${name.length}e1d-0000-4000-8000-000000000000`,
      phase: 'Succeeded',
      message: `${name} is done`,
    },
    pipeline: { name: 'instructlab', version: '1.0.0' },
    ...{ profile: 'h100x4', target: 'kubernetes', place: 'namespace team of cluster prod' },
    createdBy: { user: 'ada', host: 'desk' },
    ...{ createdAt: at(0), endedAt: at(48_941 + shift), planDigest: SHA },
    seconds: { stages: 46_400 + shift, preparing: 171, own: 8.2 },
    gpuHours: { requested: 42.51, held: 41.02, productive: 34.13, wasted: 6.89, open: 0, unknown: 0 },
    stages: stages(shift),
    failures: [
      {
        ...{ stage: 'train', attempt: 1, kind: 'failed', reason: 'over-limit', class: 'user', at: at(14_436) },
        message:
          'a process of it was killed because memory ran out; raise resources.limits.memory of the stage in the profile',
        isMended: true,
      },
    ],
    warnings: [
      {
        ...{ run: name, stage: 'train', attempt: 1, at: at(14_430), kind: 'out-of-memory' },
        ...{ message: "GPU 3's memory ran out", evidence: 'torch.OutOfMemoryError: CUDA out of memory.' },
        fix: 'lower train.maxBatchLength (now 60000)',
      },
    ],
    series: [
      series(name, 'loss', (step) => 2.2 + 3.2 * Math.exp(-step / (14 + shift / 1000)) + 0.1 * Math.sin(step)),
      series(name, 'learning_rate', (step) => 2e-5 * Math.min(1, step / 9) * (1 - step / 100)),
      series(name, 'tokens_per_second', (step) => 11_800 + 300 * Math.cos(step)),
    ],
    scores: [
      {
        ...{ stage: 'eval', artifact: 'scores', chosen: 'phase2/epoch-2', candidates: 4 },
        measures: [measure('Held-out loss', 'lower', [5.757, 2.45]), measure('MMLU', 'higher', [0.41, 0.45])],
      },
    ],
    data: [
      {
        ...{ stage: 'datagen', artifact: 'manifest', commit: 'c0ffee'.repeat(6), isDirty: false, pulls: [] },
        totals: { train_rows: 17_900, leaves: 3 },
        leaves: LEAVES.map((leaf, index) => ({
          ...{
            leaf,
            kind: index === 0 ? 'knowledge' : 'skill',
            createdBy: 'grace',
            examples: 5 + index,
            rows: 24_000 * (index + 1),
          },
        })),
      },
    ],
    gates: [
      {
        ...{ stage: 'publish', gate: 'lower-heldout-loss', verdict: 'passed' },
        condition: 'results.eval.metrics.tuned_heldout_loss < results.eval.metrics.base_heldout_loss',
        sides: [
          { expression: 'tuned_heldout_loss', value: 2.45 },
          { expression: 'base_heldout_loss', value: 5.757 },
        ],
      },
    ],
    values: [
      { path: 'pipeline', value: 'instructlab 1.0.0', origin: 'templates/defaults.yaml:3:11' },
      { path: 'params.train.epochs', value: shift === 0 ? 2 : 3, origin: '--set train.epochs=3' },
      { path: 'params.train.seed', value: 42, origin: 'templates/instructlab/pipeline.yaml:9:1' },
    ],
    inputs: [
      { stage: 'datagen', input: 'taxonomy', from: 'https://git.example.org/taxonomy', version: 'c0ffee'.repeat(6) },
      { stage: 'train', input: 'train', from: `workspace:runs/${name}/datagen/1/train`, version: SHA },
    ],
    outputs: [{ stage: 'train', name: 'checkpoints', digest: SHA, size: 14_000_000_000, run: name }],
    images: [{ image: 'stages/train/mlx', reference: 'registry.example.org/train:1', identity: SHA }],
    files: [{ path: 'templates/instructlab/train/job.yaml', digest: SHA }],
    missing: [],
  };
}

/** A report of runs of these names. */
export function reportOf(...names: readonly string[]): Report {
  return {
    ...{ apiVersion: 'ilab-backend.dev/v1alpha1', kind: 'Report', program: '1.2.3', madeAt: at(60_000) },
    runs: names.map((name, index) => run(name, index * 3600)),
  };
}

/** A run that has just begun, of which nothing could be read. */
export function barelyBegun(): Report {
  const report = reportOf('weekly-48');
  const { endedAt: _, ...rest } = run('weekly-48', 0);
  const fresh: RunReport = {
    ...rest,
    ...{ phase: 'Running', message: 'weekly-48 goes on under its driver' },
    gpuHours: { requested: 0.4, held: 0, productive: 0, wasted: 0, open: 0, unknown: 1 },
    stages: [
      {
        ...{ name: 'datagen', phase: 'Running', metrics: {} },
        attempts: [
          {
            ...{ attempt: 1, phase: 'Running', gpus: 4 },
            spans: [{ kind: 'wait', from: at(1), to: at(60_000), seconds: 59_999, isOpen: true }],
          },
        ],
      },
      { name: 'train', phase: 'Pending', attempts: [], metrics: {} },
    ],
    ...{ failures: [], warnings: [], series: [], scores: [], data: [], gates: [], inputs: [], outputs: [] },
    missing: ['the log of datagen, attempt 1, could not be read: the pod is gone'],
  };
  return { ...report, runs: [fresh] };
}
