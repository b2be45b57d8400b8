import { describe, expect, test } from 'vitest';
import { readWorkload } from '../../../src/adapters/process/manifest/workload.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { configMap, IMAGE, jobObject, type TestJob } from './support/local-place.ts';

const REF = { run: 'r', stage: 's', attempt: 1 };
const IMAGES = [{ reference: IMAGE, folder: IMAGE }, { reference: 'registry/x' }];

function read(objects: readonly JsonObject[]) {
  return readWorkload({ objects, images: IMAGES, workspace: '/state/workspace', contentRoot: '/attempt/content' });
}

function readJob(job: TestJob) {
  return read([configMap(REF), jobObject(REF, job)]);
}

const SPEC = 'Job r-s-1: spec';
const POD = `${SPEC}.template.spec`;
const MAIN = `${POD}.containers[main]`;

describe('a workload', () => {
  test('is laid out below the content root', () => {
    const { workload, problems } = readJob({
      volumes: [{ name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } }],
      mounts: [
        { name: 'workspace', mountPath: '/content/inputs/data/', subPath: 'runs/a/b/1/train', readOnly: true },
        { name: 'scratch', mountPath: '/content/scratch' },
        { name: 'scratch', mountPath: '/dev/shm' },
        { name: 'params', mountPath: '/content/config' },
      ],
    });
    expect(problems).toEqual([]);
    const file = { kind: 'file', base64: Buffer.from('{"a":1}').toString('base64'), mode: 0o644 };
    expect(workload.content).toEqual([
      { kind: 'link', path: 'artifacts', target: '/state/workspace/runs/r/s/1', create: true },
      { kind: 'folder', path: 'config' },
      { ...file, path: 'config/params.json' },
      { kind: 'link', path: 'inputs/data', target: '/state/workspace/runs/a/b/1/train', create: false },
      { ...file, path: 'params.json' },
      { kind: 'folder', path: 'scratch' },
    ]);
  });

  test('has the limits of Job and pod, and the defaults of a kubelet', () => {
    expect(
      readJob({ jobSpec: { activeDeadlineSeconds: 9 }, pod: { activeDeadlineSeconds: 7 } }).workload,
    ).toMatchObject({ deadline: 7, grace: 5 });
    const { workload } = readJob({ pod: { terminationGracePeriodSeconds: null } });
    expect(workload.grace).toBe(30);
    expect(workload.deadline).toBeUndefined();
  });

  test('names what only limits', () => {
    const limits = { limits: { 'nvidia.com/gpu': 1 } };
    const { problems, notEnforced } = readJob({
      pod: { nodeSelector: { a: 'b' }, tolerations: [], securityContext: { runAsNonRoot: true }, imagePullSecrets: [] },
      container: { resources: limits, imagePullPolicy: 'Always' },
    });
    expect(problems).toEqual([]);
    expect(notEnforced).toEqual(['nodeSelector', 'readOnly', 'resources', 'securityContext', 'tolerations']);
  });

  test('takes values from ConfigMaps among the objects', () => {
    const valueFrom = { configMapKeyRef: { name: 'r-s-1', key: 'params.json' } };
    const { workload, problems } = readJob({ env: [{ name: 'PARAMS', valueFrom }] });
    expect(problems).toEqual([]);
    expect(workload.containers[0]?.env).toEqual([{ name: 'PARAMS', value: '{"a":1}' }]);
  });

  test('knows each secret by its reference once', () => {
    const ref = (key: string) => ({ valueFrom: { secretKeyRef: { name: 'env', key } } });
    const { workload } = readJob({
      env: [
        { name: 'A', ...ref('K') },
        { name: 'B', ...ref('K') },
        { name: 'C', ...ref('L') },
      ],
    });
    expect(workload.secrets).toEqual([
      { kind: 'env', name: 'K' },
      { kind: 'env', name: 'L' },
    ]);
    expect(workload.containers[0]?.secretEnv).toEqual([
      { name: 'A', index: 0 },
      { name: 'B', index: 0 },
      { name: 'C', index: 1 },
    ]);
  });

  test('reads a startup probe with the defaults of a kubelet', () => {
    const startupProbe = { httpGet: { port: 80 } };
    const init = [{ name: 'x', image: IMAGE, command: ['x'], restartPolicy: 'Always', startupProbe }];
    expect(readJob({ init }).workload.containers[0]?.startupProbe).toEqual({
      check: { kind: 'http', host: '127.0.0.1', port: 80, path: '/', https: false, headers: [] },
      initialDelay: 0,
      period: 10,
      timeout: 1,
      failureThreshold: 3,
    });
  });
});

describe('what cannot be honoured is refused with its place:', () => {
  const cannot = 'the local target cannot honour it';
  test.each<{ readonly what: string; readonly job: TestJob; readonly problem: string }>([
    { what: 'a pod field', job: { pod: { hostAliases: [] } }, problem: `${POD}.hostAliases: ${cannot}` },
    {
      what: 'the network of the host',
      job: { pod: { hostNetwork: true } },
      problem: `${POD}.hostNetwork: only false can be honoured by the local target`,
    },
    {
      what: 'another restart policy',
      job: { pod: { restartPolicy: 'OnFailure' } },
      problem: `${POD}.restartPolicy: only "Never" can be honoured by the local target`,
    },
    {
      what: 'tries inside an attempt',
      job: { jobSpec: { backoffLimit: 3 } },
      problem: `${SPEC}.backoffLimit: only 0 can be honoured by the local target`,
    },
    {
      what: 'several pods',
      job: { jobSpec: { parallelism: 2 } },
      problem: `${SPEC}.parallelism: only 1 can be honoured by the local target`,
    },
    { what: 'a field nobody knows', job: { container: { comand: [] } }, problem: `${MAIN}.comand: ${cannot}` },
    { what: 'a hook', job: { container: { lifecycle: {} } }, problem: `${MAIN}.lifecycle: ${cannot}` },
    {
      what: 'a terminal',
      job: { container: { tty: true } },
      problem: `${MAIN}.tty: only false can be honoured by the local target`,
    },
    {
      what: 'the entry point of an image',
      job: { container: { command: null } },
      problem: `${MAIN}.command: is missing; what an image would start by itself is not known to the local target`,
    },
    {
      what: 'an image of a registry',
      job: { container: { image: 'registry/x' } },
      problem: `${MAIN}.image: registry/x is an image of a registry; the local target runs what is made from a folder stages/<stage>/<engine>`,
    },
    {
      what: 'a folder elsewhere',
      job: { container: { workingDir: '/etc' } },
      problem: `${MAIN}.workingDir: /etc is not below /content`,
    },
    {
      what: 'a folder that climbs out',
      job: { container: { workingDir: '/content/../etc' } },
      problem: `${MAIN}.workingDir: /etc is not below /content`,
    },
    {
      what: 'a mount elsewhere',
      job: { mounts: [{ name: 'workspace', mountPath: '/etc/x' }] },
      problem: `${MAIN}.volumeMounts[workspace].mountPath: /etc/x is not below /content; the local target mounts nothing elsewhere`,
    },
    {
      what: 'a mount that climbs out',
      job: { mounts: [{ name: 'workspace', mountPath: '/content/../x' }] },
      problem: `${MAIN}.volumeMounts[workspace].mountPath: /x is not below /content; the local target mounts nothing elsewhere`,
    },
    {
      what: 'a sub-path that climbs out',
      job: { mounts: [{ name: 'workspace', mountPath: '/content/x', subPath: '../x' }] },
      problem: `${MAIN}.volumeMounts[workspace].subPath: must lead into the volume`,
    },
    {
      what: 'a volume of the host',
      job: { volumes: [{ name: 'h', hostPath: { path: '/' } }] },
      problem: `${POD}.volumes[h].hostPath: ${cannot}`,
    },
    {
      what: 'a mount inside another',
      job: { mounts: [{ name: 'params', mountPath: '/content/artifacts/p', subPath: 'params.json' }] },
      problem: 'volumeMounts at /content/artifacts/p: lies inside the mount at /content/artifacts',
    },
    {
      what: 'a field of the pod as a value',
      job: { env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      problem: `${MAIN}.env[N].valueFrom.fieldRef: ${cannot}`,
    },
    {
      what: 'a Secret of a cluster',
      job: { env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 'hf', key: 'token' } } }] },
      problem: `${MAIN}.env[K].valueFrom.secretKeyRef: the Secret hf exists on a cluster only; here, refer to env:NAME or file:/absolute/path`,
    },
    {
      what: 'a secret where a shell has its own',
      job: { env: [{ name: 'PATH', valueFrom: { secretKeyRef: { name: 'env', key: 'X' } } }] },
      problem: `${MAIN}.env[PATH].name: no secret can come in a variable called PATH on the local target`,
    },
    {
      what: 'NUL in an argument',
      job: { command: ['x', 'a\0b'] },
      problem: `${MAIN}.command: holds a NUL character, which no argument can`,
    },
    {
      what: 'NUL in a value',
      job: { env: [{ name: 'A', value: '\0' }] },
      problem: `${MAIN}.env[A].value: holds a NUL character, which no environment can`,
    },
  ])('$what', ({ job, problem }) => {
    expect(readJob(job).problems).toEqual([problem]);
  });

  test.each([
    {
      kind: 'TrainJob',
      problem: 'the object of kind TrainJob: exists on a cluster only: choose the variant "job" of this stage',
    },
    {
      kind: 'PyTorchJob',
      problem: 'the object of kind PyTorchJob: exists on a cluster only: choose the variant "job" of this stage',
    },
    { kind: 'Service', problem: 'the object of kind Service: exists on a cluster only' },
  ])('a $kind', ({ kind, problem }) => {
    expect(read([configMap(REF), { apiVersion: 'x/v1', kind, metadata: { name: 'x' } }]).problems).toEqual([problem]);
  });

  test('everything together', () => {
    const { problems } = readJob({
      pod: { hostPID: true, subdomain: 'x' },
      container: { tty: true, args: [1] as never },
    });
    expect(problems.map((problem) => problem.split(':')[1]?.trim())).toEqual([
      'spec.template.spec.hostPID',
      'spec.template.spec.subdomain',
      'spec.template.spec.containers[main].tty',
      'spec.template.spec.containers[main].args',
    ]);
  });

  test('no Job, two Jobs, two of one name', () => {
    expect(read([configMap(REF)]).problems).toEqual(['the objects: hold no Job']);
    expect(read([configMap(REF), jobObject(REF, {}), jobObject(REF, {})]).problems).toEqual([
      'the objects: hold more than one Job',
    ]);
    expect(readJob({ init: [{ name: 'main', image: IMAGE, command: ['x'] }] }).problems).toEqual([
      `${POD}: two containers are called main`,
    ]);
  });
});
