import { describe, expect, test } from 'vitest';
import { diskSourceFiles } from '../../src/adapters/files/disk-source-files.ts';
import { workspaceObjects } from '../../src/config/workspace-objects.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { TransferValues } from '../../src/ports/workspace-objects.ts';
import { toYaml } from '../../src/template/index.ts';
import { PACKAGE_ROOT } from './harness.ts';

const shared = await diskSourceFiles().readFolder(`${PACKAGE_ROOT}/templates/_shared`, 'templates/_shared');
const objects = workspaceObjects(shared);

const common: TransferValues = {
  name: 'ilab-transfer-0123456789abcdef',
  mode: 'serve',
  key: 'serve/0123',
  image: 'ilab-backend/program:src-0123456789ab',
  args: ['serve'],
  deadline: 21_600,
  keep: 300,
  port: 8484,
  pieces: [],
};
const hash = '0'.repeat(64);

const MODES: Readonly<Record<string, readonly [Partial<TransferValues>, JsonObject]>> = {
  serve: [{ tokenSha256: hash, node: 'node-1' }, {}],
  unpack: [
    {
      mode: 'unpack',
      args: ['unpack', hash],
      pieces: ['0000', '0001'].map((path) => ({ configMap: `ilab-transfer-0123456789abcdef-${path}`, path })),
    },
    { workspaceClaim: 'data', fsGroup: 1000, tolerations: [{ key: 'gpu', operator: 'Exists' }] },
  ],
  fetch: [
    { mode: 'fetch', args: ['fetch', 's3://ilab/team/taxonomy@sha256:0123'] },
    {
      storage: {
        url: 's3://ilab/team',
        endpoint: 'https://s3.example.org',
        pathStyle: true,
        accessKey: { name: 's3', key: 'access-key' },
        secretKey: { name: 's3', key: 'secret-key' },
      },
    },
  ],
  remove: [{ mode: 'remove', args: ['remove', 'runs/weekly-47/$(train)/1'] }, {}],
};

describe('the Job that moves data', () => {
  test.each(Object.keys(MODES))('renders as reviewed to %s', async (mode) => {
    const [values, pod] = MODES[mode] as (typeof MODES)[string];
    const yaml = toYaml(objects.transfer({ ...common, ...values }, pod));
    await expect(yaml).toMatchFileSnapshot(`../golden/transfer/${mode}.yaml`);
  });
});

describe('the claim', () => {
  test.each([
    ['by default', {}, 'claim'],
    [
      'as the settings say',
      {
        workspaceClaim: 'data',
        labels: { 'cost-center': '4711', 'app.kubernetes.io/part-of': 'other' },
        workspace: { size: '2Ti', storageClassName: 'nfs', accessModes: ['ReadWriteMany'] },
      },
      'claim-shared',
    ],
  ] as const)('renders as reviewed %s', async (_, pod, file) => {
    await expect(toYaml([objects.claim(pod as unknown as JsonObject)])).toMatchFileSnapshot(
      `../golden/transfer/${file}.yaml`,
    );
  });
});
