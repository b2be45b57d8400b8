import { openCluster } from '../../src/adapters/kubernetes/api/open-cluster.ts';
import { describeKubeApi } from '../contract/kube-api-contract.ts';
import { clusterOfFile } from './support/cluster.ts';

/*
 * Our client against a real API server keeps what the stores and the target rely on.
 */

const cluster = clusterOfFile();

describeKubeApi('a real cluster', async () => {
  const namespace = await cluster().namespace();
  const open = () =>
    openCluster({
      env: process.env,
      home: '/nonexistent',
      kubeconfig: cluster().kubeconfig,
      namespace,
      userAgent: 'ilab-backend/test',
    });
  const [api, other] = await Promise.all([open(), open()]);
  return { api, open: () => other, remove: async () => undefined };
});
