import type { Page } from './answers.ts';
import { KubeFault, type KubeObject, type ObjectList } from './kube-api.ts';

const MOST_RESTARTS = 3;

/** All pages of one moment; a token that has expired on the way begins anew. */
export async function listAll(next: (token?: string) => Promise<Page>): Promise<ObjectList> {
  const { taken, resourceVersion } = await takeAll(next, (object) => object);
  return { items: taken, resourceVersion };
}

/** The same, where of each page only what `take` makes of its objects is held. */
export async function takeAll<T>(
  next: (token?: string) => Promise<Page>,
  take: (object: KubeObject) => T,
): Promise<{ readonly taken: readonly T[]; readonly resourceVersion: string }> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await collectPages(next, take);
    } catch (error) {
      if (!(error instanceof KubeFault && error.kind === 'expired') || restarts === MOST_RESTARTS) throw error;
    }
  }
}

async function collectPages<T>(next: (token?: string) => Promise<Page>, take: (object: KubeObject) => T) {
  let page = await next();
  const taken = page.items.map(take);
  while (page.token !== undefined) {
    page = await next(page.token);
    taken.push(...page.items.map(take));
  }
  return { taken, resourceVersion: page.resourceVersion };
}
