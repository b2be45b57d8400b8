import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster, clusterOfFile } from './support/cluster.ts';
import { run, runWell, until } from './support/command.ts';
import { locateCluster } from './support/locate.ts';
import { pod, scriptPod } from './support/objects.ts';

/** A rig of its own: what is done to it would be felt by other tests. */
const root = join(mkdtempSync(join(tmpdir(), 'ilab-rig-')), 'rig');
const env = { ILAB_TEST_RIG: root };
clusterOfFile({ needsRig: true });
let scripts = '';
let second: Cluster | undefined;

function rig(name: string, ...args: readonly string[]): Promise<string> {
  return runWell(join(scripts, `${name}.sh`), args, { env });
}

/** What of this machine is not any rig's: the second one must leave it as it was. */
async function machine(): Promise<string> {
  const script =
    'ip -o link; ip -4 route; cat /proc/self/mountinfo; sysctl vm.overcommit_memory kernel.panic kernel.panic_on_oops';
  const lines = (await runWell('sh', ['-c', script])).split('\n');
  return lines
    .map((line) => line.replace(/(?:state|qdisc|qlen|mode|group) .*/, ''))
    .filter((line) => !/ilab-rig\d/.test(line))
    .join('\n');
}

let before = '';

beforeAll(async () => {
  const place = locateCluster();
  if (place?.rig === undefined) return;
  scripts = place.rig.scripts;
  before = await machine();
  await rig('up', '--nodes', '1');
  second = new Cluster(locateCluster(env) ?? place);
  await second.create('default', pod('stays', scriptPod('while :; do date; sleep 0.2; done')));
  await second.kubectl('wait', '--for=condition=Ready', 'pod/stays', '--timeout=180s');
});

afterAll(async () => {
  if (second !== undefined) await rig('down', '--purge');
  rmSync(join(root, '..'), { recursive: true, force: true });
});

function cluster(): Cluster {
  if (second === undefined) throw new Error('no rig');
  return second;
}

/** The kubelet's answer through the API server. */
async function kubeletSays(path: string): Promise<string | undefined> {
  const { code, stdout } = await cluster().tryKubectl([
    'get',
    '--raw',
    `/api/v1/nodes/n1/proxy/${path}`,
    '--request-timeout=3s',
  ]);
  return code === 0 ? stdout : undefined;
}

async function runsOn(): Promise<void> {
  const log = () => cluster().kubectl('logs', 'stays', '--tail=1');
  const last = await until('a log', async () => (await log().catch(() => '')) || undefined);
  await until('a later line', async () => ((await log()) === last ? undefined : true));
}

test('the API server can be killed and started again', async () => {
  await rig('kill', 'kube-apiserver');
  expect(await cluster().isReady()).toBe(false);
  await rig('start', 'kube-apiserver');
  expect(await cluster().isReady()).toBe(true);
  await runsOn();
});

test('a kubelet that is killed stays away until it is started', async () => {
  await rig('kill', 'kubelet@n1');
  expect(await kubeletSays('healthz')).toBeUndefined();
  await rig('start', 'kubelet@n1');
  await until('the kubelet', () => kubeletSays('healthz'));
  await runsOn();
  expect(await cluster().get('default', 'pod/stays', '.status.containerStatuses[0].restartCount')).toBe('0');
});

test('a node can be cut off and joined again', async () => {
  await rig('partition', 'n1', 'on');
  expect(await kubeletSays('healthz')).toBeUndefined();
  await rig('partition', 'n1', 'off');
  await until('the kubelet', () => kubeletSays('healthz'));
  await runsOn();
});

test('a node can lose power and come back with other settings', async () => {
  await rig('node-down', 'n1');
  await rig('node-up', 'n1', 'LOG_MAX_SIZE=64Ki', 'LOG_MONITOR_INTERVAL=3s');
  expect(await until('its settings', () => kubeletSays('configz'))).toContain('"containerLogMaxSize":"64Ki"');
});

test('each other part can be killed, and "up" brings all of it back', async () => {
  for (const name of [
    'kube-controller-manager',
    'kube-scheduler',
    'etcd',
    'dns',
    'provisioner',
    'registry',
    'containerd@n1',
  ]) {
    await rig('kill', name);
  }
  const { code } = await run(join(scripts, 'status.sh'), [], { env });
  expect(code).toBe(3);
  await rig('up');
  await cluster().create('default', pod('later', scriptPod('true')));
  await cluster().kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/later', '--timeout=180s');
});

test('after a kill of everything "up" goes on with the data', async () => {
  const { pids } = await leftovers();
  // One is gone by itself when its parent is: no failure.
  await run('kill', ['-KILL', ...pids.map(String)]);
  await rig('up');
  expect(await cluster().get('default', 'pod/later', '.status.phase')).toBe('Succeeded');
  await cluster().create('default', pod('again', scriptPod('true')));
  await cluster().kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/again', '--timeout=180s');
});

test('"down" leaves nothing behind', async () => {
  // Dead with everything above, or gone with its node: one that runs.
  await cluster().create('default', pod('last', scriptPod('sleep 1000')));
  await cluster().kubectl('wait', '--for=condition=Ready', 'pod/last', '--timeout=180s');
  const { kinds } = await leftovers();
  expect(kinds).toEqual(['group', 'link', 'namespace', 'process', 'process-of-pod', 'route']);
  await rig('down', '--purge');
  expect((await leftovers()).kinds).toEqual([]);
  expect(existsSync(root)).toBe(false);
  expect(await machine()).toBe(before);
});

async function leftovers(): Promise<{ readonly kinds: readonly string[]; readonly pids: readonly number[] }> {
  const { stdout } = await run(join(scripts, 'leftovers.sh'), [String(cluster().rig.id)], { env });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const pids = lines.filter((line) => line.startsWith('process ')).map((line) => Number(line.split(' ')[1]));
  return { kinds: [...new Set(lines.map((line) => line.split(' ')[0] ?? ''))].sort(), pids };
}
