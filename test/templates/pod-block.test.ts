import { afterAll, describe, expect, test } from 'vitest';
import { TypedIn } from '../config/harness.ts';
import { manifestsOf, podOf } from './manifests.ts';

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: hello\nparams: { name: world }\n';

/** What a project file says for one kind of cluster. */
const BLOCKS = {
  kind: 'pod: { labels: { team: backend } }\n',
  microshift: `pod:
  runtimeClassName: nvidia
  nodeSelector: { kubernetes.io/hostname: gpu-1 }
  runAsUser: 1000
  fsGroup: 1000
  workspace: { size: 2Ti, storageClassName: topolvm-provisioner }
`,
  openshift: `pod:
  serviceAccountName: ilab
  imagePullSecrets: [{ name: registry }]
  priorityClassName: weekly
  tolerations: [{ key: nvidia.com/gpu, operator: Exists, effect: NoSchedule }]
  queue: gpus
  labels: { team: backend }
  annotations: { owner: backend }
  workspaceClaim: ilab-shared
  caBundle: { configMap: trusted-ca, key: ca-bundle.crt }
  proxy: { https: "http://proxy.example.com:3128", no: .example.com }
`,
  storage: `pod:
  caBundle: { configMap: trusted-ca }
  storage:
    url: s3://ilab/models
    endpoint: https://s3.example.org
    region: eu-de
    pathStyle: true
    accessKey: s3/access-key
    secretKey: s3/secret-key
`,
} as const;

describe('the pod block of', () => {
  const place = new TypedIn();
  afterAll(() => place.remove());

  test.each(Object.entries(BLOCKS))('%s renders as reviewed', async (name, block) => {
    place.write({ 'ilab-backend.yaml': HEAD + block });
    const { pipeline } = await place.configure({ target: 'kubernetes' });
    await expect(manifestsOf(pipeline, 'greet')).toMatchFileSnapshot(`../golden/pod-block/${name}.yaml`);
  });

  test('the program that publishes is told of proxy and authority in the words that Node knows', async () => {
    place.write({ 'ilab-backend.yaml': HEAD.replace(/pipeline.*\nparams.*\n/, '') + BLOCKS.openshift });
    const set = ['taxonomy=/data/taxonomy', 'model=tiny'];
    const { pipeline } = await place.configure({ pipeline: 'instructlab', profile: 'kind-cpu', set });
    expect(podOf(pipeline, 'publish').main['env']).toEqual(
      expect.arrayContaining([
        { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' },
        { name: 'NODE_USE_ENV_PROXY', value: '1' },
        { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ilab-backend/ca.crt' },
      ]),
    );
  });
});
