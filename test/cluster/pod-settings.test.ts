import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterOfFile } from './support/cluster.ts';
import { Machine } from './support/machine.ts';

const cluster = clusterOfFile();

const PROJECT = `apiVersion: ilab-backend.dev/v1alpha1
kind: Project
pipeline: hello
params: { name: world }
pod:
  serviceAccountName: worker
  imagePullSecrets: [{ name: registry }]
  runtimeClassName: plain
  priorityClassName: weekly
  nodeSelector: { kubernetes.io/os: linux }
  tolerations: [{ key: nvidia.com/gpu, operator: Exists, effect: NoSchedule }]
  labels: { team: backend }
  annotations: { owner: us }
  fsGroup: 2000
  runAsUser: 12345
  workspaceClaim: shared-work
  workspace: { size: 1Gi }
  caBundle: { configMap: site-ca, key: site.crt }
  proxy: { https: "http://proxy.example.com:3128", no: .example.com }
`;

test('each setting of the pod block is that of the pods that run', async ({ onTestFinished }) => {
  const { kubeconfig } = cluster();
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const suffix = namespace.slice(2);
  const [runtime, priority] = [`plain-${suffix}`, `weekly-${suffix}`];
  onTestFinished(async () => {
    await cluster().kubectl('delete', 'runtimeclass', runtime, '--ignore-not-found');
    await cluster().kubectl('delete', 'priorityclass', priority, '--ignore-not-found');
  });
  await cluster().create(
    namespace,
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'worker' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'site-ca' }, data: { 'site.crt': 'a certificate' } },
    { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: runtime }, handler: 'runc' },
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: priority }, value: 10 },
  );
  const here = Machine.ofTest(kubeconfig, namespace);
  const project = join(here.person.folder, 'project');
  mkdirSync(project, { recursive: true });
  const file = PROJECT.replace('runtimeClassName: plain', `runtimeClassName: ${runtime}`);
  writeFileSync(
    join(project, 'ilab-backend.yaml'),
    file.replace('priorityClassName: weekly', `priorityClassName: ${priority}`),
  );

  const ended = await here.on('run', '--name', 'settings', '--project', project);
  expect(ended.stderr).toContain('settings is done');
  expect(ended.exitCode).toBe(0);

  const pods = JSON.parse(await cluster().kubectl('-n', namespace, 'get', 'pods', '-o', 'json')) as { items: object[] };
  expect(pods.items).toHaveLength(2);
  for (const pod of pods.items) {
    expect(pod).toMatchObject({
      metadata: { labels: { team: 'backend' }, annotations: { owner: 'us' } },
      spec: {
        serviceAccountName: 'worker',
        imagePullSecrets: [{ name: 'registry' }],
        runtimeClassName: runtime,
        priorityClassName: priority,
        priority: 10,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: expect.arrayContaining([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]),
        securityContext: { runAsUser: 12_345, fsGroup: 2000, runAsNonRoot: true },
        volumes: expect.arrayContaining([
          expect.objectContaining({ persistentVolumeClaim: { claimName: 'shared-work' } }),
          expect.objectContaining({ configMap: expect.objectContaining({ name: 'site-ca' }) }),
        ]),
        containers: [
          {
            env: expect.arrayContaining([
              { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' },
              { name: 'NO_PROXY', value: '.example.com,localhost,127.0.0.1' },
              { name: 'SSL_CERT_FILE', value: '/etc/ilab-backend/ca.crt' },
            ]),
          },
        ],
      },
      status: { phase: 'Succeeded' },
    });
  }
  const claim = JSON.parse(
    await cluster().kubectl('-n', namespace, 'get', 'pvc', 'shared-work', '-o', 'json'),
  ) as object;
  expect(claim).toMatchObject({ spec: { resources: { requests: { storage: '1Gi' } } }, status: { phase: 'Bound' } });
});
