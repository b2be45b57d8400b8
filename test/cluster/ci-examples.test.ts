import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { githubJobs, gitlabJobs, type Job, runJob } from '../e2e/ci-jobs.ts';
import { clusterOfFile } from './support/cluster.ts';
import { programImage } from './support/program-image.ts';

/* The examples of docs/ci.md on a cluster: each job on a machine of its own, which has seen no run before. */

const cluster = clusterOfFile();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-ci-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['github-actions.yml', githubJobs()],
  ['gitlab-ci.yml', gitlabJobs()],
])('examples/ci/%s', async (_, [plan, model, publish]) => {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const kubeconfig = readFileSync(cluster().kubeconfig, 'utf8');
  const image = await programImage();
  const checkout = join(folder, 'checkout');
  mkdirSync(checkout);
  const head = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: hello\n';
  writeFileSync(join(checkout, 'ilab-backend.yaml'), `${head}params: { name: you }\n`);

  const runs = async (job: Job | undefined, name: string): Promise<void> => {
    if (job === undefined) throw new Error('no such job');
    const machine = join(folder, job.name);
    mkdirSync(machine);
    writeFileSync(join(machine, 'given'), kubeconfig, { mode: 0o600 });
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: machine },
      ...(job.steps.some((step) => step.name === 'Kubeconfig') ? {} : { KUBECONFIG: join(machine, 'given') }),
    };
    const WHERE = `--target kubernetes --namespace ${namespace}`;
    const values = { WHERE, UNTIL: 'greet', KUBECONFIG_DATA: kubeconfig, ILAB_BACKEND_IMAGE: image, RUN: name };
    const ran = await runJob(job, { checkout, machine, env, values });
    expect(ran.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
  };
  const rights = join(folder, 'rights');
  mkdirSync(rights);
  const printed = await runJob(
    { name: 'rights', steps: [{ name: 'rights', run: `ilab-backend rbac --detach -n ${namespace}`, env: {} }] },
    { checkout, machine: rights, env: { PATH: process.env['PATH'] ?? '', HOME: rights }, values: {} },
  );
  const applied = await cluster().tryKubectl(['apply', '-f', '-'], { input: printed[0]?.output ?? '' });
  expect(applied.code, applied.stderr).toBe(0);

  await runs(plan, 'ci-1');
  await runs(model, 'ci-1');
  const status = JSON.parse(readFileSync(join(checkout, 'status.json'), 'utf8')) as unknown;
  expect(status).toMatchObject({ status: { phase: 'Succeeded' } });
  await runs(publish, 'ci-1-all');
  const events = readFileSync(join(checkout, 'events.ndjson'), 'utf8');
  expect(events).toContain('"type":"stage-reused"');
  expect(events).toContain('"phase":"Succeeded"');
});
