import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acting } from '../e2e/act-pipeline.ts';
import { expectEnd } from '../e2e/faults.ts';
import { mainWith } from './support/act-on-cluster.ts';
import { until } from './support/command.ts';
import { HereAndThere } from './support/here-and-there.ts';

/* What people see of a run on a cluster: a stage that is stopped because of what it prints, a diagnosis. */

const settled = HereAndThere.ofEach();

/** The loss becomes no number, and the stage would go on for long. */
const NAN = `echo "{'loss': 2.5, 'epoch': 0.1}"; echo "{'loss': nan, 'epoch': 0.2}"; sleep 300`;

test.concurrent('stopOn: a stage whose log says NaN is ended, its pod goes, and the sentence is its verdict', async (context) => {
  const place = await settled(context);
  const machine = place.machine({ run: '5m' });
  const ended = await machine.on('run', 'act', '--name', 'nan', '--stop-on', 'act=nan', ...acting(NAN));
  expectEnd(ended, 3, /act failed: stopped, as stopOn says: the loss is no number at epoch 0\.2/);
  const [act, after] = (await machine.status('nan')).status.stages;
  expect(act?.attempts).toMatchObject([
    { outcome: { kind: 'failed', class: 'user', reason: 'stopped-on-warning' }, warnings: [{ kind: 'nan' }] },
  ]);
  expect(after?.phase).toBe('Pending');
  const pods = await place.kubectl('get', 'pods', '-l', 'ilab-backend.dev/run=nan', '-o', 'json');
  const alive = (JSON.parse(pods) as { items: { status: { phase: string } }[] }).items.filter(
    ({ status }) => status.phase === 'Running' || status.phase === 'Pending',
  );
  expect(alive).toEqual([]);
});

test.concurrent('a warning stands in the status of a run that goes on, on a machine that knows nothing of it', async (context) => {
  const place = await settled(context);
  const driver = place.machine({ run: '5m' }).begin('run', 'act', '--name', 'on', ...acting(NAN));
  const elsewhere = place.machine();
  const warned = await until('the warning', async () => {
    const { exitCode, stdout } = await elsewhere.on('status', 'on');
    return exitCode === 0 && stdout.includes('warned') ? stdout : undefined;
  });
  expect(warned).toMatch(/act, attempt 1, warned \S+ ago: the loss is no number at epoch 0\.2\n {2}\| \{'loss': nan/);
  expect(warned).toContain('Phase:     Running');
  driver.kill('SIGKILL');
  await driver.ended;
});

test.concurrent('diagnose of a failed run: the cause first, what the cluster says of its pods, and no secret', async (context) => {
  const place = await settled(context);
  const canary = 'canary-of-the-cluster-51c0';
  await place.kubectl('create', 'secret', 'generic', 'planted', `--from-literal=key=${canary}`);
  const machine = place.machine({
    patch: mainWith({
      env: [{ name: 'PLANTED_TOKEN', valueFrom: { secretKeyRef: { name: 'planted', key: 'key' } } }],
    }),
  });
  // To one stream: of two nobody knows which line came last.
  const script = 'echo "token=$PLANTED_TOKEN" >&2; echo "KeyError: question" >&2; exit 1';
  expectEnd(await machine.on('run', 'act', '--name', 'bad', ...acting(script)), 3);
  const { exitCode, stderr } = await machine.on('diagnose', 'bad');
  expect(exitCode, stderr).toBe(0);
  const page = readFileSync(join(machine.person.project, 'bad-diagnosis.md'), 'utf8');
  expect(page).toMatch(/## Likely causes\n\n1\. act, attempt 1: it ended with exit code 1: KeyError: question/);
  expect(page).toMatch(/## Events of the cluster[\s\S]* Pod\/bad-act-1-\S+ (Scheduled|Pulled|Started)/);
  expect(page).toMatch(/## Objects of the cluster[\s\S]*Pod\/bad-act-1-/);
  expect(page).toContain('as they were submitted\n');
  expect(page).toContain('[main] token=***');
  expect(page).not.toContain(canary);
});
