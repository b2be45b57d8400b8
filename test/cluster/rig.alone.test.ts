import { beforeEach, describe, expect, test } from 'vitest';
import { type Cluster, clusterOfFile, requireCluster, requireRig } from './support/cluster.ts';
import { until } from './support/command.ts';
import { locateCluster } from './support/locate.ts';
import { claim, job, mounted, pod, scriptPod } from './support/objects.ts';

const find = clusterOfFile();
const WAITING = '.status.containerStatuses[0].state.waiting.reason';
let ns = '';

// One for each test and each try of it: a second try finds nothing of the first.
beforeEach(async () => {
  ns = await find().namespace();
});

async function completed(cluster: Cluster, name: string): Promise<string> {
  await cluster.kubectl('-n', ns, 'wait', '--for=condition=complete', `job/${name}`, '--timeout=180s');
  return cluster.kubectl('-n', ns, 'logs', `job/${name}`);
}

function phase(cluster: Cluster, name: string, wanted: string): Promise<string> {
  return until(`pod ${name} ${wanted}`, async () => {
    const seen = await cluster.get(ns, `pod/${name}`, '.status.phase');
    return seen === wanted ? seen : undefined;
  });
}

test('a Job runs to its end and its log can be read', async ({ skip }) => {
  const cluster = requireCluster(skip);
  await cluster.create(ns, job('hello', scriptPod('echo first; echo last')));
  expect(await completed(cluster, 'hello')).toBe('first\nlast\n');
});

test('what a namespace that enforces "restricted" does not allow is refused, with the reason', async () => {
  const cluster = find();
  const strict = await cluster.namespace({ enforce: 'restricted' });
  await expect(cluster.create(strict, pod('root', scriptPod('id')))).rejects.toThrow(
    /violates PodSecurity "restricted:latest"/,
  );
});

describe('volumes', () => {
  test('one of the default class is bound by its first user and takes any user id', async () => {
    const cluster = find();
    const { container, volumes } = mounted('plain', '/data');
    const spec = { securityContext: { runAsUser: 12345, runAsGroup: 0, runAsNonRoot: true }, volumes };
    await cluster.create(
      ns,
      claim('plain'),
      job('writer', scriptPod('echo kept >/data/file; id -u; cat /data/file', { container, spec })),
    );
    expect(await completed(cluster, 'writer')).toBe('12345\nkept\n');
    expect(await cluster.get(ns, 'pvc/plain', '.status.phase')).toBe('Bound');
  });

  test('its files belong to the group that the pod asks for', async ({ skip }) => {
    const cluster = requireRig(skip);
    const { container, volumes } = mounted('grouped', '/data');
    const spec = { securityContext: { runAsUser: 12345, fsGroup: 777 }, volumes };
    await cluster.create(
      ns,
      claim('grouped'),
      job('group', scriptPod('touch /data/file; stat -c %g /data/file', { container, spec })),
    );
    expect(await completed(cluster, 'group')).toBe('777\n');
  });

  test('the default class has none for many nodes and says so; the class "shared" has', async ({ skip }) => {
    const cluster = requireRig(skip);
    const { container, volumes } = mounted('many', '/data');
    await cluster.create(
      ns,
      claim('many', { mode: 'ReadWriteMany' }),
      pod('waits', scriptPod('true', { container, spec: { volumes } })),
    );
    await cluster.create(ns, claim('everywhere', { mode: 'ReadWriteMany', storageClass: 'shared' }));
    await cluster.kubectl('-n', ns, 'wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/everywhere', '--timeout=180s');
    const words = await until('an event of the claim', async () => {
      const all = await cluster.kubectl('-n', ns, 'events', '--for', 'pvc/many', '--types', 'Warning');
      return all.includes('ProvisioningFailed') ? all : undefined;
    });
    expect(words).toContain('class "standard" has no ReadWriteMany volumes');
  });
});

test('a pod that asks for more GPUs than there are waits until there are enough', async ({ skip }) => {
  const cluster = requireRig(skip);
  const before = (await cluster.get('default', 'node/n1', '.status.allocatable.nvidia\\.com/gpu')) || '0';
  const wanted = Number(before) + 1;
  await cluster.create(
    ns,
    pod('gpus', scriptPod('sleep 100', { container: { resources: { limits: { 'nvidia.com/gpu': wanted } } } })),
  );
  const why = await until(
    'why it waits',
    async () => (await cluster.get(ns, 'pod/gpus', '.status.conditions[0].message')) || undefined,
  );
  expect(why).toContain('Insufficient nvidia.com/gpu');
  try {
    await cluster.fault('gpus', 'n1', String(wanted));
    expect(await phase(cluster, 'gpus', 'Running')).toBe('Running');
  } finally {
    await cluster.kubectl('-n', ns, 'delete', 'pod/gpus', '--now');
    await cluster.fault('gpus', 'n1', before);
  }
});

test('a service is reached by its name', async () => {
  const cluster = find();
  const server = scriptPod('echo served >/tmp/index.html; httpd -f -p 8080 -h /tmp');
  const service = { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] };
  await cluster.create(ns, pod('server', server), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: service,
  });
  // What wget says of a service whose rules are not on the node yet is in the log, too: only the answer counts.
  await cluster.create(ns, job('client', scriptPod('until wget -q -O - http://web 2>/dev/null; do sleep 0.2; done')));
  expect(await completed(cluster, 'client')).toBe('served\n');
});

test('a user may do what a role gives them, and nothing before', async ({ skip }) => {
  const cluster = requireRig(skip);
  const as = await cluster.user('gerda', 'team-a');
  const list = ['-n', ns, 'get', 'pods', '-o', 'name'];
  const refused = await cluster.tryKubectl(list, { as });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/User "gerda" cannot list resource "pods"/);
  await cluster.kubectl('-n', ns, 'create', 'rolebinding', 'team-a', '--clusterrole=view', '--group=team-a');
  await until('the right of the group', async () =>
    (await cluster.tryKubectl(list, { as })).code === 0 ? true : undefined,
  );
});

describe('the registry', () => {
  // Of a test that was killed.
  beforeEach(async () => {
    if (locateCluster()?.rig !== undefined) await find().registry.heal();
  });

  const image = (name: string) => `registry.rig.local/${name}:1`;

  function puller(name: string, spec = {}) {
    return pod(name, scriptPod('sleep 100', { container: { image: image(name), imagePullPolicy: 'Always' }, spec }));
  }

  const refusals = [
    { name: 'busy', fault: { kind: 'status', status: 429 }, words: /429 Too Many Requests/ },
    { name: 'broken', fault: { kind: 'status', status: 500 }, words: /500 Internal Server Error/ },
    { name: 'secret', fault: { kind: 'status', status: 401 }, words: /401 Unauthorized|authorization failed/ },
    { name: 'absent', fault: { kind: 'status', status: 404 }, words: /not found/ },
    { name: 'cut', fault: { kind: 'cut', afterBytes: 1 }, words: /EOF|unexpected|failed/ },
  ] as const;

  test('gives an image to a pod; each way to refuse it is seen as ErrImagePull, and over when healed', async ({
    skip,
  }) => {
    const cluster = requireRig(skip);
    const { registry } = cluster;
    await cluster.fault('push', 'good:1', ...refusals.map(({ name }) => `${name}:1`));
    try {
      for (const { name, fault } of refusals) await registry.fail({ ...fault, match: `^/v2/${name}/` });
      await cluster.create(ns, ...['good', ...refusals.map(({ name }) => name)].map((name) => puller(name)));
      await phase(cluster, 'good', 'Running');
      for (const { name, words } of refusals) {
        await until(`${name}: ErrImagePull`, async () => {
          const reason = await cluster.get(ns, `pod/${name}`, WAITING);
          return /^(ErrImagePull|ImagePullBackOff)$/.test(reason) ? reason : undefined;
        });
        expect(await cluster.kubectl('-n', ns, 'events', '--for', `pod/${name}`), name).toMatch(words);
      }
    } finally {
      await registry.heal();
    }
    // The same image in a pod of its own: the first one waits longer after each try.
    await cluster.create(ns, { ...puller('healed'), spec: puller('busy')['spec'] ?? {} });
    await phase(cluster, 'healed', 'Running');
  });

  test('that hangs holds up every pull of the node', async ({ skip }) => {
    const cluster = requireRig(skip);
    const { registry } = cluster;
    await cluster.fault('push', 'hung:1', 'behind:1');
    try {
      await registry.fail({ kind: 'hang', match: '^/v2/hung/' });
      await cluster.create(ns, puller('hung'));
      await until('a request that hangs', async () => ((await registry.hanging()) > 0 ? true : undefined));
      await cluster.create(ns, puller('behind'));
      const events = () => cluster.kubectl('-n', ns, 'events', '--for', 'pod/behind');
      await until('the pull behind it', async () => ((await events()).includes('Pulling') ? true : undefined));
      expect(await cluster.get(ns, 'pod/hung', WAITING)).toBe('ContainerCreating');
      expect(await cluster.get(ns, 'pod/behind', WAITING)).toBe('ContainerCreating');
    } finally {
      await registry.heal();
    }
    await phase(cluster, 'behind', 'Running');
  });

  test('gives to whoever has the password', async ({ skip }) => {
    const cluster = requireRig(skip);
    const { registry } = cluster;
    await cluster.fault('push', 'private:1');
    try {
      await registry.fail({ kind: 'login', username: 'robot', password: 'right', match: '^/v2/private/' });
      await cluster.kubectl(
        '-n',
        ns,
        'create',
        'secret',
        'docker-registry',
        'pull',
        '--docker-server=registry.rig.local',
        '--docker-username=robot',
        '--docker-password=right',
      );
      await cluster.create(ns, puller('private', { imagePullSecrets: [{ name: 'pull' }] }));
      await phase(cluster, 'private', 'Running');
    } finally {
      await registry.heal();
    }
  });
});
