import { describe, expect, test } from 'vitest';
import { RESOURCES, type Resource } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { createClusterDoctor } from '../../../../src/adapters/kubernetes/doctor/cluster-doctor.ts';
import type { Finding } from '../../../../src/domain/diagnosis/finding.ts';
import type { ImageKnowledge } from '../../../../src/domain/image/image-knowledge.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { ClusterNeeds } from '../../../../src/ports/doctor.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';

/** As they are listed over all namespaces. */
const EVERY_POD: Resource = { ...RESOURCES.pods, namespaced: false };
const never = new AbortController().signal;

interface World {
  readonly prepare?: (cluster: MemoryCluster) => unknown;
  readonly needs?: Partial<ClusterNeeds>;
  readonly image?: ImageKnowledge;
  readonly claim?: JsonObject;
}

const NEEDS: ClusterNeeds = {
  ...{ persona: 'owner', kinds: [], stages: [], pod: {}, images: [], endpoints: [], destinations: [] },
} as const;

async function examine({ prepare, needs, image = 'known', claim }: World): Promise<readonly Finding[]> {
  const cluster = new MemoryCluster();
  put(cluster, RESOURCES.storageClasses, {
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  });
  prepare?.(cluster);
  if (cluster.table.list(RESOURCES.nodes, '').length === 0) put(cluster, RESOURCES.nodes, node('n1', 0));
  const doctor = createClusterDoctor({
    api: cluster.client(),
    needs: { ...NEEDS, ...needs },
    claim: claim ?? { metadata: { name: 'ilab-backend' }, spec: {} },
    imageState: async () => image,
  });
  const findings: Finding[] = [];
  for await (const finding of doctor.examine(never)) findings.push(finding);
  expect(cluster.requests.filter(({ verb, dryRun }) => verb === 'create' && !dryRun)).toEqual([]);
  return findings;
}

function put(cluster: MemoryCluster, resource: Resource, object: JsonObject): void {
  const namespace = resource.namespaced ? 'lab' : '';
  const whole = { apiVersion: resource.apiVersion, kind: resource.kind, ...object };
  cluster.table.create(resource, namespace, whole, { request: 'create', manager: 'setup' });
}

function node(name: string, gpus: number): JsonObject {
  const allocatable = { cpu: '8', memory: '64Gi', 'nvidia.com/gpu': String(gpus) };
  return { metadata: { name }, status: { allocatable, conditions: [{ type: 'Ready', status: 'True' }] } };
}

/** A stage whose pod has these parts. */
function stage(container: JsonObject, spec: JsonObject = {}): Pick<ClusterNeeds, 'stages'> {
  const template = { spec: { ...spec, containers: [{ name: 'main', image: 'i', ...container }] } };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'preview-train-1' }, spec: { template } };
  return { stages: [{ stage: 'train', objects: [job] }] };
}

const GPUS = (count: number) => stage({ resources: { limits: { 'nvidia.com/gpu': String(count) } } });
const SECRET = stage({ env: [{ name: 'T', valueFrom: { secretKeyRef: { name: 'hub', key: 'token' } } }] });

/** What one finding of a name must be; the others must not be problems. */
const ROWS: Readonly<Record<string, readonly [World, Finding['name'], Finding['state'], string | RegExp]>> = {
  'everything is there': [{}, 'Rights', 'ok', /^all \d+ that are asked for$/],
  'no answer': [{ prepare: (c) => Object.assign(c, { reachable: false }) }, 'Cluster', 'problem', /does not answer/],
  'no namespace': [
    { prepare: (c) => c.table.delete(RESOURCES.namespaces, '', 'lab', { now: true }) },
    'Namespace',
    'problem',
    'there is no namespace lab',
  ],
  'a right that all needs': [
    { prepare: (c) => c.deny('update', 'configmaps') },
    'Rights',
    'problem',
    'you may not update configmaps in namespace lab',
  ],
  'the dry run of pods': [
    { prepare: (c) => c.deny('create', 'pods') },
    'Rights',
    'warning',
    /^you may not create pods: the dry run of pods/,
  ],
  'nodes that may not be listed': [
    { prepare: (c) => c.deny('list', 'nodes'), needs: GPUS(8) },
    'Rights',
    'warning',
    /^you may not list nodes: GPUs, room/,
  ],
  'a claim that runs have used': [
    {
      prepare: (c) =>
        put(c, RESOURCES.claims, {
          metadata: { name: 'ilab-backend' },
          status: { phase: 'Bound', capacity: { storage: '100Gi' } },
        }),
    },
    'Workspace',
    'ok',
    'claim ilab-backend, 100Gi',
  ],
  'a claim to be made': [{}, 'Workspace', 'ok', /made by the first run, of class standard$/],
  'a storage class that is not there': [
    { claim: { metadata: { name: 'ilab-backend' }, spec: { storageClassName: 'fast' } } },
    'Workspace',
    'problem',
    'there is no storage class fast',
  ],
  'more GPUs than any node has': [
    { prepare: (c) => put(c, RESOURCES.nodes, node('n1', 4)), needs: GPUS(8) },
    'Room',
    'problem',
    'train: no node can ever take it: it wants 8 GPUs, the largest node (n1) has 4',
  ],
  'GPUs that are free': [
    { prepare: (c) => put(c, RESOURCES.nodes, node('n1', 4)), needs: GPUS(4) },
    'GPUs',
    'ok',
    'train asks for 4; 4 GPUs free of 4 on n1',
  ],
  'GPUs that somebody has': [
    {
      prepare: (c) => {
        put(c, RESOURCES.nodes, node('n1', 4));
        const labels = { 'ilab-backend.dev/run': 'weekly-46', 'ilab-backend.dev/stage': 'train' };
        const containers = [{ name: 'main', resources: { limits: { 'nvidia.com/gpu': '2' } } }];
        put(c, EVERY_POD, { metadata: { name: 'p', labels }, spec: { nodeName: 'n1', containers } });
      },
      needs: GPUS(4),
    },
    'GPUs',
    'warning',
    'train asks for 4; 2 GPUs free of 4 on n1; run weekly-46 (train) holds 2',
  ],
  'GPUs that somebody unseen may have': [
    {
      prepare: (c) => {
        put(c, RESOURCES.nodes, node('n1', 4));
        const containers = [{ name: 'main', resources: { limits: { 'nvidia.com/gpu': '1' } } }];
        put(c, RESOURCES.pods, { metadata: { name: 'p' }, spec: { nodeName: 'n1', containers } });
        c.failNext('list', 'pods', 'forbidden');
      },
      needs: GPUS(2),
    },
    'GPUs',
    'ok',
    'train asks for 2; at most 3 GPUs free of 4 on n1; pod lab/p holds 1; pods of other namespaces may not be seen',
  ],
  'an image that nobody built': [
    { needs: { images: [{ reference: 'a:1', identity: 'x' }] }, image: 'missing' },
    'Images',
    'problem',
    'not built: a:1',
  ],
  'a Secret that is not there': [{ needs: SECRET }, 'Secret', 'problem', 'there is no Secret hub with token'],
  'a Secret without the key': [
    {
      prepare: (c) => put(c, RESOURCES.secrets, { metadata: { name: 'hub' }, data: { other: 'cw==' } }),
      needs: SECRET,
    },
    'Secret',
    'problem',
    'Secret hub has no key token',
  ],
  'a Secret with the key': [
    {
      prepare: (c) => put(c, RESOURCES.secrets, { metadata: { name: 'hub' }, data: { token: 'cw==' } }),
      needs: SECRET,
    },
    'Secret',
    'ok',
    'hub with token',
  ],
  'a Secret that may not be read': [
    { prepare: (c) => c.deny('get', 'secrets'), needs: SECRET },
    'Secret',
    'warning',
    'hub with token is needed, and you may not look for it',
  ],
  'no account of the driver': [{}, 'Detach', 'warning', /cannot start$/],
  'what admission refuses': [
    { prepare: (c) => c.failNext('create', 'jobs', 'denied', 'no such luck'), needs: stage({}) },
    'Admission',
    'problem',
    /^train: .*no such luck/,
  ],
};

describe('doctor of a cluster tells', () => {
  test.each(Object.keys(ROWS))('%s', async (row) => {
    const [world, name, state, message] = ROWS[row] as (typeof ROWS)[string];
    const findings = await examine(world);
    const found = findings.filter((finding) => finding.name === name && finding.state === state);
    expect(found.map((finding) => finding.message)).toEqual([
      typeof message === 'string' ? message : expect.stringMatching(message),
    ]);
    // A row is about one thing: nothing else is wrong.
    expect(findings.filter((finding) => finding.state === 'problem' && !found.includes(finding))).toEqual([]);
    // Whatever is wrong has a way out.
    expect(findings.filter((finding) => finding.state === 'problem' && finding.fix === undefined)).toEqual([]);
  });
});

test('no value of a Secret is told', async () => {
  const prepare = (c: MemoryCluster): void =>
    put(c, RESOURCES.secrets, { metadata: { name: 'hub' }, data: { other: 'c2VjcmV0' } });
  expect(JSON.stringify(await examine({ prepare, needs: SECRET }))).not.toContain('c2VjcmV0');
});

test('images are built by the command of the project that was named', async () => {
  const buildCommand = 'ilab-backend images build --project week --pipeline instructlab';
  const needs = { images: [{ reference: 'a:1', identity: 'x' }], buildCommand };
  const found = (await examine({ needs, image: 'missing' })).find(({ name }) => name === 'Images');
  expect(found?.fix).toContain(`\`${buildCommand}\``);
});
