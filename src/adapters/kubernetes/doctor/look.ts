import { KubeFault } from '../api/kube-api.ts';

/** What a look at the cluster gave. Who may not look knows nothing, and that is no fault. */
export type Look<T> = { readonly kind: 'seen'; readonly value: T } | { readonly kind: 'hidden' };

/** Looks; a missing right hides what is there. Other faults are thrown. */
export async function look<T>(work: () => Promise<T>): Promise<Look<T>> {
  try {
    return { kind: 'seen', value: await work() };
  } catch (error) {
    if (error instanceof KubeFault && error.kind === 'forbidden') return { kind: 'hidden' };
    throw error;
  }
}
