import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AttemptWarning, LogSights } from '../../../../src/domain/attempt/progress.ts';
import { runPhase } from '../../../../src/domain/run/run-phase.ts';
import type { Sight } from '../../../../src/domain/run/sight.ts';
import { toRunObject } from '../../../../src/ui/text/answers/run-object.ts';
import { RECORDS } from '../../records.ts';

test('a stage without a driver is told as it was seen', () => {
  const outcome = { kind: 'failed', class: 'user', reason: 'exit', message: 'exit code 1', exitCode: 1 } as const;
  const sights = new Map([['train', { kind: 'ended', at: '2026-01-01T00:07:40.000Z', outcome }]] as const);
  const [, train] = toRunObject(RECORDS.running, 'Interrupted', sights).status.stages;
  expect(train).toMatchObject({ phase: 'Interrupted', result: null });
  expect(train?.attempts).toMatchObject([
    { phase: 'Interrupted', seen: { kind: 'ended', endedAt: '2026-01-01T00:07:40.000Z', outcome } },
  ]);
  expect(toRunObject(RECORDS.running, 'Running').status.stages[1]?.attempts[0]).not.toHaveProperty('seen');
});

test('a run in the shape of a Kubernetes object', () => {
  const { failed } = RECORDS;
  expect(JSON.stringify(toRunObject(failed, runPhase(failed, false)), undefined, 2)).toMatchInlineSnapshot(`
    "{
      "apiVersion": "ilab-backend.dev/v1alpha1",
      "kind": "Run",
      "metadata": {
        "name": "weekly-47",
        "uid": "id-of-weekly-47",
        "creationTimestamp": "2026-01-01T00:00:00.000Z"
      },
      "spec": {
        "pipeline": {
          "name": "instructlab",
          "version": "1.0.0"
        },
        "profile": "local",
        "target": "local",
        "planDigest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "createdBy": {
          "user": "ada",
          "host": "here"
        }
      },
      "status": {
        "phase": "Failed",
        "drivers": [
          {
            "user": "ada",
            "host": "there",
            "pid": 12,
            "startedAt": "2026-01-01T00:00:00.000Z",
            "endedAt": "2026-01-01T00:00:01.000Z"
          },
          {
            "user": "ada",
            "host": "here",
            "pid": 4711,
            "startedAt": "2026-01-01T00:00:01.000Z"
          }
        ],
        "overhead": {
          "stageSeconds": 21.6,
          "preparingSeconds": 9,
          "ownSeconds": 0.6
        },
        "stages": [
          {
            "name": "datagen",
            "phase": "Reused",
            "attempts": [],
            "reused": {
              "run": "weekly-46",
              "stage": "datagen",
              "attempt": 1
            },
            "result": {
              "metrics": {
                "leaves": 9
              },
              "artifacts": [
                {
                  "name": "model",
                  "path": "model",
                  "digest": "sha256:abababababababababababababababababababababababababababababababab",
                  "size": 218000000
                }
              ],
              "chosen": "epoch-2"
            }
          },
          {
            "name": "train",
            "phase": "Failed",
            "attempts": [
              {
                "attempt": 1,
                "uid": "uid-1",
                "state": "logs-complete",
                "phase": "Failed",
                "submittedAt": "2026-01-01T00:00:10.100Z",
                "startedAt": "2026-01-01T00:00:10.200Z",
                "endedAt": "2026-01-01T00:00:20.000Z",
                "outcome": {
                  "kind": "failed",
                  "class": "infra",
                  "reason": "helper-failed",
                  "message": "the model server ended by itself",
                  "signal": "SIGKILL",
                  "container": "teacher"
                }
              },
              {
                "attempt": 2,
                "uid": "uid-2",
                "state": "logs-complete",
                "phase": "Failed",
                "submittedAt": "2026-01-01T00:00:30.100Z",
                "startedAt": "2026-01-01T00:00:30.200Z",
                "endedAt": "2026-01-01T00:00:42.000Z",
                "outcome": {
                  "kind": "failed",
                  "class": "user",
                  "reason": "exit",
                  "message": "the main container ended with exit code 1",
                  "exitCode": 1
                }
              }
            ],
            "reused": null,
            "result": null
          },
          {
            "name": "eval",
            "phase": "Pending",
            "attempts": [],
            "reused": null,
            "result": null
          }
        ]
      }
    }"
  `);
});

test('the result of a stage is its own or the one it took over; attempts do not repeat it', () => {
  const { good } = RECORDS;
  const [datagen, train, skipped] = toRunObject(good, 'Succeeded').status.stages;
  expect(datagen).toMatchObject({
    phase: 'Reused',
    attempts: [],
    reused: { run: 'weekly-46' },
    result: { metrics: { leaves: 9 } },
  });
  expect(train).toMatchObject({
    reused: null,
    attempts: [{ outcome: { kind: 'succeeded' } }],
    result: { chosen: 'epoch-2' },
  });
  expect(Object.keys(train?.result?.metrics ?? {})).toEqual([
    'accuracy',
    'base_loss',
    'leaves',
    'margin',
    'tuned_loss',
  ]);
  expect(JSON.stringify(train?.attempts)).not.toContain('metrics');
  expect(skipped).toMatchObject({ phase: 'Skipped', reason: 'not among the stages asked for', result: null });
});

test('a refused stage names its gate, a cancelled run its wish', () => {
  expect(toRunObject(RECORDS.refused, 'Refused').status.stages[2]).toMatchObject({ gate: 'tuned-beats-base' });
  expect(toRunObject(RECORDS.cancelled, 'Cancelled').status.cancel).toEqual({
    at: '2026-01-01T00:00:19.000Z',
    by: 'ada',
    reason: 'wrong taxonomy',
  });
  const resumed = { ...RECORDS.cancelled, epoch: 2 };
  expect(toRunObject(resumed, 'Running').status).not.toHaveProperty('cancel');
});

const SIGHTS: readonly Sight[] = [
  { kind: 'running', at: '2026-01-01T00:00:12.000Z' },
  { kind: 'waiting', reason: 'no room' },
  {
    kind: 'ended',
    at: '2026-01-01T00:07:40.000Z',
    outcome: { kind: 'succeeded', result: { version: 1, metrics: {}, artifacts: [] } },
  },
];

const WARNING: AttemptWarning = {
  ...{ stage: 'train', attempt: 1, at: '2026-01-01T00:00:12.000Z', kind: 'nan' },
  ...{ message: 'the loss is no number', evidence: 'loss: nan', fix: 'lower it', command: 'ilab-backend run' },
};
const PROGRESS = { message: 'a', fraction: 0.4, step: 10, steps: 25, epoch: 0.5, etaSeconds: 60, metrics: { loss: 2 } };
const LOGS: LogSights = new Map([
  ['train', new Map([[1, { warnings: [WARNING], progress: { at: '2026-01-01T00:00:13.000Z', progress: PROGRESS } }]])],
]);

describe('docs/status.md', () => {
  // What stands below is about other documents.
  const [doc = ''] = readFileSync(new URL('../../../../docs/status.md', import.meta.url), 'utf8').split('\n## ');

  test('names every field that any run has', () => {
    const named = new Set([...doc.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map(([, field]) => field));
    const objects = [
      ...Object.values(RECORDS).map((record) => toRunObject(record, runPhase(record, false))),
      ...SIGHTS.map((sight) => toRunObject(RECORDS.running, 'Interrupted', new Map([['train', sight]]))),
      toRunObject(RECORDS.running, 'Running', new Map(), LOGS),
    ];
    const seen = new Set(objects.flatMap((object) => [...fields(object, '')]));
    expect([...seen].filter((field) => !named.has(field))).toEqual([]);
    expect([...named].filter((field) => !seen.has(field ?? ''))).toEqual([]);
  });

  test('is in the order of the keys, whatever the record', () => {
    const order = [...doc.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map(([, field]) => field ?? '');
    for (const record of Object.values(RECORDS)) {
      const { stages, ...status } = toRunObject(record, 'Failed').status;
      const whole = [...new Set(fields({ ...toRunObject(record, 'Failed'), status }, ''))];
      // Two attempts may each have what the other lacks, so each is looked at for itself.
      const lists = stages
        .flatMap((stage) => [stage, ...stage.attempts.map((attempt) => ({ ...stage, attempts: [attempt] }))])
        .filter((stage) => stage.attempts.length < 2)
        .map((stage) => [...new Set(fields({ status: { stages: [stage] } }, ''))]);
      for (const seen of [whole, ...lists]) {
        expect(seen).toEqual(seen.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
      }
    }
  });

  /** Every path to a leaf, lists as `[]`; the keys of metrics are the stages' own. */
  function* fields(value: unknown, path: string): Generator<string> {
    if (Array.isArray(value) && value.length > 0) {
      for (const item of value) yield* fields(item, `${path}[]`);
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value) && !path.endsWith('.metrics')) {
      for (const [key, child] of Object.entries(value)) yield* fields(child, path === '' ? key : `${path}.${key}`);
    } else {
      yield path;
    }
  }
});
