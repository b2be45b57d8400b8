import { expect, test } from 'vitest';
import { type KubeApi, KubeFault, type Resource } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { Patience } from '../../../../src/adapters/kubernetes/run-store/patience.ts';
import { submitAttempt } from '../../../../src/adapters/kubernetes/target/submit.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { specOf } from './world.ts';

/* A TrainJob is made right after its runtime, which webhooks see a moment later. */

const TRAINER = 'trainer.kubeflow.org/v1alpha1';
const NAME = 'weekly-train-1';
const RUNTIME = { apiVersion: TRAINER, kind: 'TrainingRuntime', metadata: { name: NAME }, spec: {} };
const TRAIN_JOB = {
  apiVersion: TRAINER,
  kind: 'TrainJob',
  metadata: { name: NAME },
  spec: { runtimeRef: { kind: 'TrainingRuntime', name: NAME }, trainer: { image: 'a:1' } },
};
const UNSEEN = `admission webhook "vtrainjob.kb.io" denied the request: runtime '${NAME}' not found`;

/** A server whose webhook refuses TrainJobs in such words, so often; `asked` counts how often it was asked to. */
function submitted(words: string, refusals: number, objects: readonly JsonObject[] = [RUNTIME, TRAIN_JOB]) {
  let asked = 0;
  const place = { context: 'c', namespace: 'lab', server: 'https://s' };
  const api = {
    place,
    resourceOf: async (apiVersion: string, kind: string) => ({ apiVersion, kind, plural: `${kind}s`.toLowerCase() }),
    get: async () => undefined,
    create: async ({ kind }: Resource, object: JsonObject & { readonly metadata: JsonObject }) => {
      if (kind !== 'TrainJob') return object;
      asked += 1;
      if (asked <= refusals) throw new KubeFault('denied', words, { request: 'create' });
      return { ...object, metadata: { ...object.metadata, uid: 'u' } };
    },
  } as unknown as KubeApi;
  const clock = { elapsed: () => 0, sleep: async () => undefined };
  const patience = new Patience({ place, clock, seconds: 60, onWaiting: () => undefined });
  return { answer: submitAttempt(api, { ...specOf(), objects }, patience), asked: () => asked };
}

test('a webhook that does not see the runtime yet is asked again', async () => {
  const { answer, asked } = submitted(UNSEEN, 2);
  expect(await answer).toEqual({ kind: 'created', uid: 'u' });
  expect(asked()).toBe(3);
});

test('one that never sees it refuses in the end, in its words', async () => {
  const { answer, asked } = submitted(UNSEEN, 1000);
  await expect(answer).rejects.toMatchObject({ code: 'cannot-start', message: expect.stringContaining('not found') });
  expect(asked()).toBe(6);
});

test.each([
  ['for another reason', 'admission webhook "x" denied the request: no', [RUNTIME, TRAIN_JOB]],
  ['for want of a runtime that nobody makes', UNSEEN, [TRAIN_JOB]],
])('one that refuses %s is not asked again', async (_why, words, objects) => {
  const { answer, asked } = submitted(words, 1000, objects);
  await expect(answer).rejects.toMatchObject({ code: 'cannot-start' });
  expect(asked()).toBe(1);
});
