import type { Finding } from '../../../domain/diagnosis/finding.ts';
import { type KubeApi, KubeFault, RESOURCES, textAt } from '../api/kube-api.ts';
import { look } from './look.ts';

const ENFORCED = 'pod-security.kubernetes.io/enforce';

/** Whether the API answers; a problem ends the examination. */
export async function clusterFinding(api: KubeApi, signal: AbortSignal): Promise<Finding> {
  const { server, context } = api.place;
  try {
    const version = await api.version(signal);
    return { name: 'Cluster', state: 'ok', message: `${context}: ${server} answers, Kubernetes ${version}` };
  } catch (error) {
    if (!(error instanceof KubeFault)) throw error;
    if (error.kind === 'forbidden') {
      return { name: 'Cluster', state: 'ok', message: `${context}: ${server} answers; its version is not told` };
    }
    const refused = error.kind === 'unauthorized';
    return {
      name: 'Cluster',
      state: 'problem',
      message: `${context}: ${server} ${refused ? 'refuses the credentials' : 'does not answer'}: ${error.message}`,
      fix: refused ? 'log in again, or choose another context: `--context`' : 'is it up, and is a VPN needed?',
    };
  }
}

/** Whether the namespace takes anything; a problem ends the examination. */
export async function namespaceFinding(api: KubeApi, signal: AbortSignal): Promise<Finding> {
  const { namespace } = api.place;
  const name = 'Namespace';
  const seen = await look(() => api.get(RESOURCES.namespaces, namespace, signal));
  if (seen.kind === 'hidden') return { name, state: 'ok', message: `${namespace}; you may not look at it` };
  if (seen.value === undefined) {
    return {
      name,
      state: 'problem',
      message: `there is no namespace ${namespace}`,
      fix: `make it: \`kubectl create namespace ${namespace}\`, or choose another: \`-n\``,
    };
  }
  if (textAt(seen.value, 'status', 'phase') === 'Terminating') {
    return {
      name,
      state: 'problem',
      message: `${namespace} is being deleted`,
      fix: 'wait until it is gone and make it again, or choose another: `-n`',
    };
  }
  const enforced = textAt(seen.value, 'metadata', 'labels', ENFORCED);
  const level = enforced === undefined ? '' : `, admits pods of the level ${enforced}`;
  return { name, state: 'ok', message: `${namespace}${level}` };
}
