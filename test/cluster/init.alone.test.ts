import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from '../config/harness.ts';
import { HereAndThere } from './support/here-and-there.ts';
import type { Machine } from './support/machine.ts';

/* A new project for the cluster that is there. Alone: other files change how many GPUs that has. */

const place = HereAndThere.ofFile();

const TAXONOMY = join(PACKAGE_ROOT, 'examples/taxonomy');

async function begun(machine: Machine, folder: string): Promise<unknown> {
  mkdirSync(join(machine.person.project, folder));
  const typed = ['--yes', '--pipeline', 'instructlab', '--set', 'model=tiny', '--set', `taxonomy=${TAXONOMY}`];
  const { exitCode, stdout, stderr } = await machine.on('init', folder, ...typed);
  expect(exitCode, stderr + stdout).toBe(0);
  return parse(readFileSync(join(machine.person.project, folder, 'ilab-backend.yaml'), 'utf8'));
}

test('init --yes: the GPUs of the cluster choose the profile, and the file is taken as it is', async () => {
  const machine = place.machine();
  expect(await begun(machine, 'without')).toMatchObject({
    kind: 'Project',
    pipeline: 'instructlab',
    profile: 'kind-cpu',
  });
  const planned = await machine.on('plan', '--project', 'without');
  expect(planned.exitCode, planned.stderr + planned.stdout).toBe(0);

  await place.cluster.fault('gpus', 'n1', '4');
  try {
    expect(await begun(machine, 'with')).toMatchObject({ profile: 'h100x4' });
  } finally {
    await place.cluster.fault('gpus', 'n1', '0');
  }
});
