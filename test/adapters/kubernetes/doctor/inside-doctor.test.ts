import { afterEach, expect, test } from 'vitest';
import { diskSourceFiles } from '../../../../src/adapters/files/disk-source-files.ts';
import { at, type KubeObject, RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { createInsideDoctor } from '../../../../src/adapters/kubernetes/doctor/inside-doctor.ts';
import { workspaceObjects } from '../../../../src/config/workspace-objects.ts';
import { type Destination, parseDestination } from '../../../../src/domain/destination.ts';
import type { Finding } from '../../../../src/domain/diagnosis/finding.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { PACKAGE_ROOT } from '../../../config/harness.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';
import { type JobScript, type RunningJobs, runJobs } from '../../../fakes/memory-cluster/run-jobs.ts';

const shared = await diskSourceFiles().readFolder(`${PACKAGE_ROOT}/templates/_shared`, 'templates/_shared');
let jobs: RunningJobs | undefined;
afterEach(() => jobs?.stop());

const HUB: Destination = {
  name: 'publish.hub',
  kind: 'model-hub',
  repo: 'acme/model',
  token: { name: 'tokens', key: 'hub' },
};

/** What is told when the pod does this, the Job that was made for it, and what is left. */
async function examine(script: JobScript, pod: JsonObject = {}) {
  const cluster = new MemoryCluster();
  const seen: KubeObject[] = [];
  jobs = runJobs(cluster, (job) => {
    seen.push(job);
    return script(job);
  });
  const doctor = createInsideDoctor({
    api: cluster.client(),
    needs: { pod, endpoints: [{ name: 'teacher.url', url: 'https://teacher.lab/v1?a=b' }], destinations: [HUB] },
    image: async () => 'ilab-backend/program:src-0123456789ab',
    objects: workspaceObjects(shared),
    user: 'ada',
  });
  const findings: Finding[] = [];
  for await (const finding of doctor.examine(new AbortController().signal)) findings.push(finding);
  return { findings, job: seen[0], left: cluster.objects(RESOURCES.jobs) };
}

const TOLD = { findings: [{ name: 'Endpoint', state: 'problem', message: 'refuses', fix: 'is it up?' }] };

test('a place is asked with the token of its Secret, whose value no argument holds', async () => {
  const { job } = await examine(() => ({ log: JSON.stringify(TOLD) }));
  const container = at(job, 'spec', 'template', 'spec', 'containers', 0);
  const args = at(container, 'args') as readonly string[];
  const place = { ...HUB, token: { name: 'env', key: 'ILAB_DESTINATION_0' } };
  expect(parseDestination(args[args.indexOf('--destination') + 1] ?? '')).toEqual(place);
  expect(at(container, 'env')).toContainEqual({
    name: 'ILAB_DESTINATION_0',
    valueFrom: { secretKeyRef: { name: 'tokens', key: 'hub', optional: true } },
  });
});

test('what the pod found is told as its own, also when it ends badly for it', async () => {
  const log = `ilab-backend: a word on stderr\n${JSON.stringify(TOLD, null, 2)}\n`;
  const { findings, left } = await examine(() => ({ log, exitCode: 5 }));
  expect(findings).toEqual([{ name: 'pod: Endpoint', state: 'problem', message: 'refuses', fix: 'is it up?' }]);
  expect(left).toEqual([]);
});

test('a pod that tells nothing is a problem with its reason, and goes too', async () => {
  const { findings, left } = await examine(() => ({ exitCode: 2, message: 'there is no such flag' }));
  expect(findings).toEqual([
    { name: 'Inside', state: 'problem', message: expect.stringMatching(/^the pod told nothing: .*no such flag/) },
  ]);
  expect(left).toEqual([]);
});

test('the Job is tried once, ends by itself, and goes the way of the stages', async () => {
  const proxy = { proxy: { https: 'http://proxy:3128' }, caBundle: { configMap: 'ca', key: 'ca.crt' } };
  const { job } = await examine(() => ({ log: JSON.stringify(TOLD) }), proxy);
  expect(at(job, 'spec')).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 180, ttlSecondsAfterFinished: 300 });
  expect(at(job, 'metadata', 'labels', 'app.kubernetes.io/component')).toBe('doctor');
  const container = at(job, 'spec', 'template', 'spec', 'containers', 0);
  expect(at(container, 'args')).toEqual(
    expect.arrayContaining(['--endpoint', 'teacher.url=https://teacher.lab/v1?a=b']),
  );
  expect(at(container, 'env')).toEqual(
    expect.arrayContaining([
      { name: 'NODE_USE_ENV_PROXY', value: '1' },
      { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ilab-backend/ca.crt' },
    ]),
  );
});
