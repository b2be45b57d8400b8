import { describe, expect, test } from 'vitest';
import { KubeFault, type KubeFaultKind } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { classifySubmitFault, type SubmitAbout } from '../../../../src/adapters/kubernetes/verdict/submit-fault.ts';
import { UserError } from '../../../../src/domain/errors.ts';
import { textsIn } from './objects.ts';

const about: SubmitAbout = {
  place: { server: 'https://cluster.test:6443', context: 'dev', namespace: 'ilab' },
  stage: 'train',
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: 'weekly-47-train-1',
  plural: 'jobs',
};
const faultOf = (kind: KubeFaultKind, message: string, status = 403, causes: readonly string[] = []) =>
  new KubeFault(kind, message, { request: 'create jobs "x" in namespace "ilab"', status, causes });

interface Row {
  readonly what: string;
  readonly fault: KubeFault;
  readonly about?: Partial<SubmitAbout>;
  readonly code: string;
  readonly message: RegExp;
  readonly hint?: RegExp;
}

describe('what ends the command', () => {
  test.each<Row>([
    {
      what: 'RBAC: who, verb, resource, namespace',
      fault: faultOf(
        'forbidden',
        'jobs.batch is forbidden: User "dev" cannot create resource "jobs" in API group "batch" in the namespace "ilab"',
      ),
      code: 'cannot-start',
      message: /^dev may not create jobs in namespace ilab$/,
      hint: /`ilab-backend rbac -n ilab --for user:dev \| kubectl apply -f -`/,
    },
    {
      what: 'RBAC without words',
      fault: faultOf('forbidden', ''),
      code: 'cannot-start',
      message: /^the user of context dev may not create jobs/,
    },
    {
      what: 'a quota smaller than the request',
      fault: faultOf(
        'quota',
        'jobs.batch "x" is forbidden: exceeded quota: q, requested: requests.nvidia.com/gpu=8, used: requests.nvidia.com/gpu=0, limited: requests.nvidia.com/gpu=4',
      ),
      code: 'cannot-start',
      message: /Job weekly-47-train-1: quota q is smaller .+wants 8, 0 of 4 used/,
    },
    {
      what: 'PodSecurity of a dry-run pod',
      fault: faultOf(
        'denied',
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (x)',
      ),
      code: 'cannot-start',
      message: /PodSecurity "restricted:latest", and the pod breaks it: runAsNonRoot != true/,
    },
    {
      what: 'a webhook that says no',
      fault: faultOf('denied', 'admission webhook "a.b" denied the request: no', 400),
      code: 'cannot-start',
      message: /admission webhook a.b refuses it: "no"/,
    },
    {
      what: 'a denial nobody knows',
      fault: faultOf('denied', 'no, thanks'),
      code: 'cannot-start',
      message: /the cluster refuses it: "no, thanks"/,
    },
    {
      what: 'a kind that is not installed',
      fault: faultOf('not-found', 'the server does not serve this kind', 404),
      about: { apiVersion: 'trainer.kubeflow.org/v1alpha1', kind: 'TrainJob', plural: 'trainjobs' },
      code: 'cannot-start',
      message: /the cluster does not know trainer.kubeflow.org\/v1alpha1 TrainJob/,
      hint: /Kubeflow Trainer installed/,
    },
    {
      what: 'a namespace that is not there',
      fault: faultOf('not-found', 'namespaces "ilab" not found', 404),
      code: 'cannot-start',
      message: /^there is no namespace ilab on https/,
      hint: /kubectl create namespace ilab/,
    },
    {
      what: 'a namespace that is being deleted',
      fault: faultOf(
        'forbidden',
        'jobs.batch "x" is forbidden: unable to create new content in namespace ilab because it is being terminated',
      ),
      code: 'cannot-start',
      message: /namespace ilab is being deleted/,
    },
    {
      what: 'an unknown field',
      fault: faultOf(
        'invalid',
        'Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.template.spec.containers[0].imagee"',
        400,
      ),
      code: 'bad-template',
      message: /is not valid: unknown field spec.template.spec.containers\[0\].imagee$/,
      hint: /`ilab-backend render`/,
    },
    {
      what: 'a wrong value, with its path',
      fault: faultOf('invalid', 'Job.batch "x" is invalid', 422, [
        'spec.completions: must be greater than or equal to 0',
      ]),
      code: 'bad-template',
      message: /is not valid: spec.completions: must be greater/,
    },
    {
      what: 'too many bytes',
      fault: faultOf('too-large', 'Request entity too large', 413),
      code: 'bad-template',
      message: /larger than the cluster takes/,
    },
    {
      what: 'a name that is taken',
      fault: faultOf('exists', 'x', 409),
      code: 'name-taken',
      message: /another object has the name/,
    },
    {
      what: 'no server',
      fault: faultOf('unreachable', 'connect ECONNREFUSED'),
      code: 'unreachable',
      message: /does not answer: connect ECONNREFUSED/,
    },
    {
      what: 'bad credentials',
      fault: faultOf('unauthorized', 'Unauthorized', 401),
      code: 'unreachable',
      message: /does not accept the credentials of context dev/,
      hint: /log in again/,
    },
    {
      what: 'a server that cannot',
      fault: faultOf('server', 'etcdserver: request timed out', 500),
      code: 'unreachable',
      message: /cannot take it: "etcdserver/,
    },
  ])('$what', ({ fault, about: more, code, message, hint }) => {
    const found = classifySubmitFault(fault, { ...about, ...more });
    expect(found).toBeInstanceOf(UserError);
    expect(found).toMatchObject({
      code,
      message: expect.stringMatching(message),
      ...(hint === undefined ? {} : { hint: expect.stringMatching(hint) }),
    });
  });
});

test.each([
  [
    'a quota that is used up',
    faultOf(
      'quota',
      'exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=3, limited: count/jobs.batch=3',
    ),
    /quota q is used up/,
  ],
  [
    'a webhook that does not answer',
    faultOf('server', 'Internal error occurred: failed calling webhook "a.b": timeout', 500),
    /webhook a.b does not answer/,
  ],
])('%s is an outcome that is tried again', (_what, fault, message) => {
  expect(classifySubmitFault(fault, about)).toMatchObject({
    kind: 'failed',
    class: 'infra',
    reason: 'cannot-start',
    message: expect.stringMatching(message),
  });
});

test('no words of the cluster can act on a terminal', () => {
  const kinds: readonly KubeFaultKind[] = [
    'unreachable',
    'ambiguous',
    'unauthorized',
    'forbidden',
    'quota',
    'denied',
    'not-found',
    'exists',
    'conflict',
    'expired',
    'invalid',
    'too-large',
    'server',
  ];
  for (const kind of kinds) {
    const found = classifySubmitFault(
      faultOf(kind, 'a\u001b]0;x\u0007\u001b[2Jb "c\u0000"', 400, ['d\u001b[1m: e']),
      about,
    );
    const text = found instanceof UserError ? found.message + found.hint : textsIn(found).join();
    expect(text).not.toMatch(/\p{Cc}/u);
  }
});
