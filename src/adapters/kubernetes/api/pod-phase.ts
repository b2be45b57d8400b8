import { type KubeObject, textAt } from './kube-api.ts';

/** Its containers have ended for good: it holds no room and no volume any more. */
export function hasPodEnded(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}
