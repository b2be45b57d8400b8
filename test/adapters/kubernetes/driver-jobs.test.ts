import { afterEach, describe, expect, test } from 'vitest';
import { diskSourceFiles } from '../../../src/adapters/files/disk-source-files.ts';
import { at, listAt, RESOURCES } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { type DriverJobsOptions, driverJobs } from '../../../src/adapters/kubernetes/driver-jobs.ts';
import { workspaceObjects } from '../../../src/config/workspace-objects.ts';
import { ERRORS } from '../../../src/domain/errors.ts';
import { DRIVER_ACCOUNT } from '../../../src/domain/rights/rbac.ts';
import type { DriverSight } from '../../../src/ports/driver-host.ts';
import { PACKAGE_ROOT } from '../../config/harness.ts';
import { MemoryCluster } from '../../fakes/memory-cluster/memory-cluster.ts';
import { type JobScript, type RunningJobs, runJobs } from '../../fakes/memory-cluster/run-jobs.ts';

const shared = await diskSourceFiles().readFolder(`${PACKAGE_ROOT}/templates/_shared`, 'templates/_shared');
const objects = workspaceObjects(shared);
const never = new AbortController().signal;
let jobs: RunningJobs | undefined;
afterEach(() => jobs?.stop());

function hostOf(cluster: MemoryCluster, settings: Awaited<ReturnType<DriverJobsOptions['settingsOf']>> = { pod: {} }) {
  return driverJobs({
    api: cluster.client(),
    image: async () => 'ilab-backend/program:src-0123456789ab',
    settingsOf: async () => settings,
    objects,
    serviceAccountName: DRIVER_ACCOUNT,
    user: 'ada',
  });
}

function withAccount(): MemoryCluster {
  const cluster = new MemoryCluster();
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DRIVER_ACCOUNT } };
  cluster.table.create(RESOURCES.serviceAccounts, 'lab', account, { request: 'create', manager: 'setup' });
  return cluster;
}

async function sightsOf(script: JobScript): Promise<readonly DriverSight[]> {
  const cluster = withAccount();
  jobs = runJobs(cluster, script);
  const { follow } = await hostOf(cluster).start('weekly-1', {});
  const seen: DriverSight[] = [];
  for await (const sight of follow(never)) seen.push(sight);
  return seen;
}

test('without its ServiceAccount nothing is made, and the line to type is said', async () => {
  const cluster = new MemoryCluster();
  const refusal = {
    code: 'cannot-start',
    message: `there is no ServiceAccount ${DRIVER_ACCOUNT} in namespace lab of memory`,
    hint: expect.stringContaining('`ilab-backend rbac --detach -n lab | kubectl apply -f -`'),
  };
  await expect(hostOf(cluster).check()).rejects.toMatchObject(refusal);
  await expect(hostOf(cluster).start('weekly-1', {})).rejects.toMatchObject(refusal);
  expect(cluster.objects(RESOURCES.jobs)).toEqual([]);
  await hostOf(withAccount()).check();
});

test('who may not look for the ServiceAccount may still start one', async () => {
  const cluster = withAccount();
  cluster.deny('get', 'serviceaccounts');
  expect((await hostOf(cluster).start('weekly-1', {})).where).toMatch(
    /^job\/weekly-1-driver-x[0-9a-f]{6} in namespace lab$/,
  );
});

describe('what is seen of a driver', () => {
  test('it runs, and ends well', async () => {
    const seen = await sightsOf(() => ({}));
    expect(seen.filter(({ kind }) => kind !== 'waits')).toEqual([{ kind: 'runs' }]);
  });

  test('it ends with its own words', async () => {
    const seen = await sightsOf(() => ({ exitCode: 2, message: 'there is no such flag' }));
    expect(seen.at(-1)).toEqual({ kind: 'failed', reason: expect.stringContaining('there is no such flag') });
  });
});

test('a create of which nobody knows whether it was stored gives one Job', async () => {
  const cluster = withAccount();
  cluster.failNext('create', 'jobs', 'ambiguous-stored');
  await hostOf(cluster).start('weekly-1', {});
  expect(cluster.objects(RESOURCES.jobs)).toHaveLength(1);
});

test('what was said of the driving goes with it', async () => {
  const cluster = withAccount();
  await hostOf(cluster).start('weekly-1', {
    timeoutSeconds: 3600,
    since: '2026-01-01T00:00:00Z',
    maxOfflineSeconds: 7200,
  });
  const [job] = cluster.objects(RESOURCES.jobs);
  expect(at(job, 'spec', 'template', 'spec', 'containers', 0, 'args')).toEqual([
    ...['resume', 'weekly-1', '--as-it-is', '-o', 'json', '--target', 'kubernetes', '--namespace', 'lab'],
    ...['--timeout', '3600s', '--timeout-since', '2026-01-01T00:00:00Z', '--max-offline', '7200s'],
  ]);
});

test("with a run go its drivers' Jobs, and no others", async () => {
  const cluster = withAccount();
  const host = hostOf(cluster);
  for (const run of ['weekly-1', 'weekly-1', 'weekly-2']) await host.start(run, {});
  await host.remove('weekly-1');
  const left = cluster.objects(RESOURCES.jobs).map(({ metadata }) => metadata.name);
  expect(left).toEqual([expect.stringMatching(/^weekly-2-driver-/)]);
});

test('a driver is coming until its Job has ended', async () => {
  const cluster = withAccount();
  const host = hostOf(cluster);
  expect(await host.isComing('weekly-1')).toBe(false);
  await host.start('weekly-1', {});
  expect(await host.isComing('weekly-1')).toBe(true);
  jobs = runJobs(cluster, () => ({}));
  await jobs.idle();
  expect(await host.isComing('weekly-1')).toBe(false);
});

test('what notifications refer to comes from the Secret, and need not be there', async () => {
  const cluster = withAccount();
  const secret = { name: 'hook', key: 'secret' };
  const notify = { urlFrom: { name: 'env', key: 'HOOK_URL' }, secret, on: ['done'] } as const;
  await hostOf(cluster, { pod: {}, notify }).start('weekly-1', {});
  const env = listAt(cluster.objects(RESOURCES.jobs)[0], 'spec', 'template', 'spec', 'containers', 0, 'env');
  expect(env.filter((one) => String(at(one, 'name')).includes('NOTIFY'))).toEqual([
    { name: 'ILAB_BACKEND_NOTIFY_SECRET', valueFrom: { secretKeyRef: { ...secret, optional: true } } },
  ]);
});

describe('the Job', () => {
  const values = { name: 'd', run: 'r', image: 'i', args: [], serviceAccountName: 's', user: 'u', secrets: [] };
  const [job] = objects.driver(values, {});

  test('is tried again after each exit code that is no end of a run, and after no other', () => {
    const [, rule] = listAt(job, 'spec', 'podFailurePolicy', 'rules');
    // What stops a command, how a run ends (README), the time limit; neither a bug of ours nor a signal.
    const ends = new Set([...Object.values(ERRORS).map(({ exitCode }) => exitCode), 3, 4, 5, 9, 10, 124]);
    const again = [6, 70, 130];
    expect(at(rule, 'onExitCodes', 'values')).toEqual(
      [...ends].filter((code) => !again.includes(code)).sort((a, b) => a - b),
    );
  });

  test('mounts no data, and may write nowhere but to /tmp', () => {
    const volumes = listAt(job, 'spec', 'template', 'spec', 'volumes');
    expect(volumes).toEqual([{ name: 'tmp', emptyDir: {} }]);
    expect(at(job, 'spec', 'template', 'spec', 'containers', 0, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});
