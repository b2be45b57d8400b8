import { type KubeApi, type KubeObject, RESOURCES, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { openCluster } from '../../../src/adapters/kubernetes/api/open-cluster.ts';
import { followAttemptLogs } from '../../../src/adapters/kubernetes/logs/follow-attempt-logs.ts';
import { FollowSlots } from '../../../src/adapters/kubernetes/logs/follow-slots.ts';
import { type PodState, podState } from '../../../src/adapters/kubernetes/logs/pod-state.ts';

/*
 * A process that follows the logs of one pod until it has ended: what a test can stop, kill and start again.
 * Arguments: kubeconfig, namespace, pod, folder.
 */

const [kubeconfig = '', namespace = '', pod = '', folder = ''] = process.argv.slice(2);
const api = await openCluster({ env: process.env, home: '/nonexistent', kubeconfig, namespace, userAgent: 'test' });
const stop = new AbortController();

/** Until the pod has ended. */
async function* states(): AsyncGenerator<readonly PodState[]> {
  for await (const now of pods(api)) {
    process.send?.('watching');
    yield now.map((one) => podState(one));
    if (now.some((one) => ['Succeeded', 'Failed'].includes(textAt(one, 'status', 'phase') ?? ''))) break;
  }
  stop.abort();
}

async function* pods(from: KubeApi): AsyncGenerator<readonly KubeObject[]> {
  for await (const event of from.watch(RESOURCES.pods, { fields: `metadata.name=${pod}` }, stop.signal)) {
    if (event.kind === 'listed') yield event.items;
    else if (event.kind === 'changed') yield [event.object];
    else if (event.kind === 'deleted') yield [];
  }
}

const onTrouble = ({ text }: { readonly text: string }): void => console.error(text);
await followAttemptLogs(
  { api, folder, states: states(), slots: new FollowSlots(), onTrouble },
  new AbortController().signal,
);
process.exit(0);
