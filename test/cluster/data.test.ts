import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { type KubeApi, RESOURCES } from '../../src/adapters/kubernetes/api/kube-api.ts';
import { digestOfListing } from '../../src/domain/data/digest.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { AttemptRef } from '../../src/ports/target.ts';
import { clusterOfFile } from './support/cluster.ts';
import { until } from './support/command.ts';
import { DataHere } from './support/data-here.ts';
import { job, scriptPod } from './support/objects.ts';
import { openHere } from './support/open-here.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;
/** As the images of the stages: who makes a file may take it away. */
const USER = 65_532;
const RESTRICTED = {
  securityContext: { runAsNonRoot: true, runAsUser: USER, seccompProfile: { type: 'RuntimeDefault' } },
};
const CONTAINER = { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } };

const cluster = clusterOfFile();
const opened: DataHere[] = [];
afterEach(() => {
  for (const here of opened.splice(0)) here.remove();
});

async function open(
  user?: string,
): Promise<{ readonly here: DataHere; readonly api: KubeApi; readonly namespace: string }> {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const api = await openHere(user ?? cluster().kubeconfig, namespace);
  const here = await DataHere.open(api);
  opened.push(here);
  return { here, api, namespace };
}

/** A pod that runs a script of Node in the claim, as a stage would; the image is the program's own. */
function nodePod(here: DataHere, script: string, subPath?: string): JsonObject {
  const mount = { name: 'data', mountPath: '/data', ...(subPath === undefined ? {} : { subPath }) };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'ilab-backend' } }];
  const container = { ...CONTAINER, image: here.image, command: ['node', '-e', script], volumeMounts: [mount] };
  return scriptPod('', { container, spec: { ...RESTRICTED, volumes } });
}

/** Runs a script in the claim and gives what it printed. `fs`, `sha` and `print` are at hand. */
async function inClaim(namespace: string, here: DataHere, script: string, subPath?: string): Promise<unknown> {
  const name = `look-${randomBytes(4).toString('hex')}`;
  const ready = [
    "const fs = require('node:fs')",
    "const sha = (bytes) => require('node:crypto').createHash('sha256').update(bytes).digest('hex')",
    'const print = (value) => console.log(JSON.stringify(value))',
  ];
  await cluster().create(namespace, job(name, nodePod(here, [...ready, script].join(';'), subPath)));
  await cluster().kubectl('-n', namespace, 'wait', '--for=condition=complete', `job/${name}`, '--timeout=180s');
  return JSON.parse(await cluster().kubectl('-n', namespace, 'logs', `job/${name}`));
}

async function leftovers(api: KubeApi): Promise<readonly string[]> {
  const kinds = [RESOURCES.jobs, RESOURCES.configMaps, RESOURCES.pods];
  const labels = 'app.kubernetes.io/component=transfer';
  const lists = await Promise.all(kinds.map((kind) => api.list(kind, { labels })));
  return lists.flatMap(({ items }) => items.map((item) => `${item.kind}/${item.metadata.name}`));
}

async function nothingLeft(api: KubeApi): Promise<void> {
  await until('no transfer Job, piece or pod is left', async () =>
    (await leftovers(api)).length === 0 ? true : undefined,
  );
}

function sha(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('data on a real cluster, in a namespace that enforces "restricted"', () => {
  test('the Job of each mode is accepted by PodSecurity as a pod', async () => {
    const { here, api, namespace } = await open();
    here.write({ 'a.txt': 'one' });
    const source = await here.pin();
    const pods: string[] = [];
    const accepted = async (template: JsonObject): Promise<void> => {
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `dry-${pods.length}` }, spec: template };
      pods.push((await api.create(RESOURCES.pods, pod as JsonObject, { dryRun: true })).metadata.name);
    };
    await here.place(source);
    for (const mode of ['serve', 'unpack', 'remove']) {
      const [object] = here.transferJob(mode);
      const spec = (object as unknown as { spec: { template: { spec: JsonObject } } }).spec.template.spec;
      await accepted(spec);
    }
    expect(pods).toHaveLength(3);
    const warnings = await cluster().kubectl(
      '-n',
      namespace,
      'get',
      'events',
      '--field-selector=type=Warning',
      '-o',
      'name',
    );
    expect(warnings).toBe('');
  });

  test('a small folder travels in a ConfigMap, once, and a stage reads it', async () => {
    const { here, api, namespace } = await open();
    here.write({ 'knowledge/a b/qna.yaml': 'one', 'ü.txt': 'two', empty: '' });
    const source = await here.pin();
    await here.place(source);
    const list = "print(fs.readdirSync('/data', { recursive: true }).sort())";
    expect(await inClaim(namespace, here, list, source.subPath)).toEqual(
      ['knowledge', 'knowledge/a b', 'knowledge/a b/qna.yaml', 'empty', 'ü.txt'].sort(),
    );
    const listing = await inClaim(
      namespace,
      here,
      "print(fs.readFileSync('/data', 'utf8'))",
      `${source.subPath}.listing`,
    );
    expect(listing).toContain('  3  ü.txt\n');
    await nothingLeft(api);
    const second = await DataHere.open(api);
    const before = api.counters.requests;
    await second.sources.place(source, here.request(), { pod: {}, signal: never });
    expect(api.counters.requests - before).toBe(2); // the claim, the marker
  });

  test('20 MiB go through the pod proxy although answers are lost and the pod is deleted, and come out the same', async () => {
    const { here, api, namespace } = await open();
    const big = randomBytes(20 * MIB);
    here.write({ 'big.bin': big, 'z.txt': 'last' });
    const source = await here.pin();
    let posts = 0;
    here.fate = ({ method }) => {
      if (method !== 'POST') return undefined;
      posts += 1;
      if (posts === 4)
        void cluster().kubectl(
          '-n',
          namespace,
          'delete',
          'pod',
          '-l',
          'app.kubernetes.io/component=transfer',
          '--wait=false',
        );
      return posts === 2 ? 'lost' : undefined;
    };
    await here.place(source);
    const sums = await inClaim(
      namespace,
      here,
      "print(['big.bin', 'z.txt'].map((name) => sha(fs.readFileSync('/data/' + name))))",
      source.subPath,
    );
    expect(sums).toEqual([sha(big), sha(Buffer.from('last'))]);
    await nothingLeft(api);
  });

  test('outputs come back whole although every answer is cut, and go when they are discarded', async () => {
    const { here, api, namespace } = await open();
    here.write({ a: 'x' });
    await here.place(await here.pin());
    const ref = { run: 'weekly', stage: 'train', attempt: 1 } as AttemptRef;
    const made = [
      "const folder = '/data/runs/weekly/train/1/model'",
      'fs.mkdirSync(folder, { recursive: true })',
      `const bytes = require('node:crypto').randomBytes(${8 * MIB})`,
      "fs.writeFileSync(folder + '/weights.bin', bytes)",
      "fs.writeFileSync(folder + '/config.json', '{}')",
      'print(sha(bytes))',
    ];
    const sum = await inClaim(namespace, here, made.join(';'));
    let asked = 0;
    here.fate = () => {
      asked += 1;
      return asked % 3 === 0 ? undefined : { cutAfter: 2 * MIB };
    };
    const listing = await here.artifacts.listing(ref, 'model', never);
    expect(listing).toContain(`${sum}  ${8 * MIB}  weights.bin\n`);
    const parts: Uint8Array[] = [];
    for await (const bytes of here.artifacts.read(ref, 'model/weights.bin', 0, never)) parts.push(bytes);
    expect(sha(Buffer.concat(parts))).toBe(sum);
    expect(asked).toBeGreaterThan(3);
    const model = { name: 'model', path: 'model', digest: digestOfListing(listing) };
    expect(await here.artifacts.verify(ref, model, { contents: true })).toEqual([]);
    await here.artifacts.release();
    await here.artifacts.discard([ref], never);
    expect(await inClaim(namespace, here, "print([fs.readdirSync('/data'), fs.readdirSync('/data/runs')])")).toEqual([
      ['inputs', 'runs'],
      [],
    ]);
    await nothingLeft(api);
  });

  test('who may not use the pod proxy is told so, and can still send what is small', async () => {
    const user = await cluster().user('no-proxy');
    const { here, namespace } = await open(user);
    const rules = [
      {
        apiGroups: [''],
        resources: ['configmaps', 'persistentvolumeclaims', 'pods', 'events'],
        verbs: ['get', 'list', 'watch', 'create', 'delete'],
      },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
    ];
    const group = 'rbac.authorization.k8s.io';
    await cluster().create(
      namespace,
      { apiVersion: `${group}/v1`, kind: 'Role', metadata: { name: 'send' }, rules },
      {
        ...{ apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata: { name: 'send' } },
        roleRef: { apiGroup: group, kind: 'Role', name: 'send' },
        subjects: [{ apiGroup: group, kind: 'User', name: 'no-proxy' }],
      },
    );
    here.write({ 'big.bin': randomBytes(MIB) });
    await expect(here.place(await here.pin())).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringContaining(`get and create pods/proxy is forbidden in namespace ${namespace}`),
    });
    here.write({ 'big.bin': 'small now' });
    await here.place(await here.pin());
  });

  test('a claim that is in use on one node takes the pod to that node', async () => {
    const { here, api, namespace } = await open();
    here.write({ a: 'one' });
    await here.place(await here.pin());
    await cluster().create(namespace, job('train', nodePod(here, 'setTimeout(() => {}, 600_000)')));
    const node = await until('the user of the claim runs', async () => {
      const { items } = await api.list(RESOURCES.pods, { labels: 'job-name=train' });
      const [pod] = items as unknown as readonly { status?: { phase?: string }; spec: { nodeName?: string } }[];
      return pod?.status?.phase === 'Running' ? pod.spec.nodeName : undefined;
    });
    here.write({ a: 'two' });
    here.created.length = 0;
    await here.place(await here.pin());
    const sent = here.created.find((object) => object['kind'] === 'Job');
    expect(JSON.stringify(sent)).toContain(`"key":"metadata.name","operator":"In","values":["${node}"]`);
  });
});
