import { hostname } from 'node:os';
import { ClusterRunStore } from '../../../../src/adapters/kubernetes/run-store/cluster-run-store.ts';
import { thisProcess } from '../../../../src/adapters/kubernetes/run-store/holder.ts';
import { describeRunStore } from '../../../contract/run-store-contract.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';

describeRunStore('on a cluster in memory', async () => {
  const cluster = new MemoryCluster();
  const open = (): ClusterRunStore =>
    new ClusterRunStore(cluster.client(), { holder: thisProcess(hostname(), process.pid) });
  return { store: open(), open, remove: async () => undefined };
});
