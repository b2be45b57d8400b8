import type { KubeFault } from './kube-api.ts';

/** Whether a write was refused because its namespace is being deleted. */
export function isTerminating({ message }: KubeFault): boolean {
  return /\bis being terminated\b/.test(message);
}
