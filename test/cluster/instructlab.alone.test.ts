import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { browserOfFile, leavePicture, NO_BROWSER } from '../browser/browser.ts';
import { phases } from '../e2e/program.ts';
import { clusterOfFile } from './support/cluster.ts';
import { hear, killAt, Machine } from './support/machine.ts';
import { programImage } from './support/program-image.ts';

/*
 * The whole chain as Jobs from real images, on the example taxonomy: its driver dies in train, another machine goes on,
 * and the API server is away twice meanwhile.
 */

const CLONE = resolve(import.meta.dirname, '../..');
const RUN = ['run', 'instructlab', '--profile', 'kind-cpu', '--project', CLONE, '-o', 'json'];

const cluster = clusterOfFile({ needsRig: true });
const open = browserOfFile();

test('the chain survives the machine that drives it and an API server that restarts', async () => {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const image = await programImage();
  const machine = () => Machine.ofTest(cluster().kubeconfig, namespace, image);

  const first = machine().begin(...RUN, '--name', 'weekly');
  const told = await killAt(first, (event) => event.type === 'attempt-started' && event.stage === 'train');
  expect(told.stderr).not.toMatch(/\n {4}at /);

  const second = machine();
  let restarting: Promise<unknown> = Promise.resolve();
  let restarts = 0;
  const restart = async (): Promise<void> => {
    await cluster().fault('kill', 'kube-apiserver');
    await cluster().fault('start', 'kube-apiserver');
  };
  const rest = await hear(second.begin('resume', 'weekly', '-o', 'json'), (event) => {
    if (event.type !== 'attempt-progress' || restarts === 2) return restarting;
    restarts += 1;
    restarting = restarting.then(restart);
    return restarting;
  });
  expect(rest.exitCode, rest.stderr).toBe(0);
  expect(restarts).toBe(2);

  const status = await second.status('weekly');
  expect(phases(status)).toEqual({ datagen: 'Succeeded', train: 'Succeeded', eval: 'Succeeded', publish: 'Succeeded' });
  expect(status.status.stages.map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 1]);
  const scores = status.status.stages.find(({ name }) => name === 'eval')?.result?.metrics ?? {};
  expect(scores['tuned_heldout_loss']).toBeLessThan(scores['base_heldout_loss'] ?? 0);

  // A third that has never seen it: its page, from the record, the claim and the stored logs.
  const reader = machine();
  const reported = await reader.on('report', 'weekly');
  expect(reported, reported.stderr).toMatchObject({ exitCode: 0, stdout: 'weekly-report.html\n' });
  const file = join(reader.person.project, 'weekly-report.html');
  const page = readFileSync(file, 'utf8');
  expect(page).not.toContain('Not in this report');
  for (const id of ['scores', 'time', 'curves', 'data', 'lineage']) expect(page).toContain(`id="${id}"`);
  // To be scheduled may take less than the second in which a cluster tells times.
  for (const kind of ['pull', 'user']) expect(page).toContain(`var(--span-${kind})`);
  if (NO_BROWSER === undefined) {
    const seen = await open(file);
    expect(seen).toMatchObject({ requests: [], complaints: [] });
    expect((await seen.page.locator('svg[role=img]').all()).length).toBeGreaterThan(4);
    await leavePicture(seen.page, 'instructlab-cluster');
  }

  const out = join(second.person.folder, 'out');
  expect(await second.on('artifacts', 'weekly', 'publish/registry', '--download', out)).toMatchObject({ exitCode: 0 });
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(expect.arrayContaining([expect.stringMatching(/model\.safetensors$/)]));
  const changelog = files.find((name) => name.endsWith('CHANGELOG.md')) ?? '';
  expect(readFileSync(join(out, changelog), 'utf8')).toContain('## weekly');

  // Another machine, which has never heard of it, builds on what there is.
  const again = machine();
  expect(await again.on(...RUN, '--name', 'again')).toMatchObject({ exitCode: 0 });
  expect(Object.values(phases(await again.status('again')))).toEqual(['Reused', 'Reused', 'Reused', 'Reused']);
});
