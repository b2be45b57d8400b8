import { randomBytes } from 'node:crypto';
import { RUN_LABEL } from '../../src/adapters/kubernetes/api/attempt-labels.ts';
import { attemptName, type RunName, type StageName } from '../../src/domain/naming.ts';
import type { AttemptSpec } from '../../src/ports/target.ts';
import { TargetHere } from '../adapters/kubernetes/target/target-here.ts';
import { type ContractJob, describeTarget, type TargetHarness } from '../contract/target-contract.ts';
import { clusterOfFile } from './support/cluster.ts';
import { openHere } from './support/open-here.ts';

const cluster = clusterOfFile();
/** Any image with a POSIX shell. */
const IMAGE = process.env['ILAB_TEST_IMAGE'] ?? 'rig.local/busybox:1';

describeTarget('kubernetes', async (): Promise<TargetHarness> => {
  const { kubeconfig } = cluster();
  const api = await openHere(kubeconfig, await cluster().namespace());
  const here = new TargetHere(api);
  const others: TargetHere[] = [];
  const run = `t-${randomBytes(4).toString('hex')}` as RunName;
  return {
    target: here.target,
    unknown: ['streams', 'contents'],
    spec: async (job) => specOf(run, job),
    open: () => {
      const other = new TargetHere(api);
      others.push(other);
      return other.target;
    },
    remove: async () => {
      for (const each of [here, ...others]) each.remove();
      await cluster().close();
    },
  };
});

function specOf(run: RunName, job: ContractJob): AttemptSpec {
  const stage = (job.stage ?? 'stage') as StageName;
  const attempt = job.attempt ?? 1;
  const name = attemptName({ run, stage, attempt });
  const labels = { [RUN_LABEL]: run, 'ilab-backend.dev/stage': stage, 'ilab-backend.dev/attempt': String(attempt) };
  const main = {
    name: 'main',
    image: IMAGE,
    command: ['sh', '-c', job.script],
    env: [{ name: 'ILAB_CONTENT', value: '/content' }],
    volumeMounts: [{ name: 'artifacts', mountPath: '/content/artifacts' }],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...job.container,
  };
  return {
    ...{ run, stage, attempt, contract: 'plain', outputs: ['artifacts'], pod: {}, images: [] },
    key: job.key ?? 'key',
    queueTimeout: 60,
    startTimeout: 60,
    objects: [
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name, labels },
        spec: {
          backoffLimit: 0,
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: 'Never',
              containers: [main],
              volumes: [{ name: 'artifacts', emptyDir: {} }],
              ...(job.deadline === undefined ? {} : { activeDeadlineSeconds: job.deadline }),
              ...(job.grace === undefined ? {} : { terminationGracePeriodSeconds: job.grace }),
            },
          },
        },
      },
    ],
  };
}
