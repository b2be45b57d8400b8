import * as z from 'zod';
import { KubeFault, type KubeObject, type Resource } from './kube-api.ts';

/*
 * What the server says, judged once: every object has a name, a uid and a version; fields nobody here knows are kept.
 */

const metadata = z.looseObject({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string().default(''), // a dry run stores nothing and has none
});
const object = z.looseObject({ metadata });
const list = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().nullish() }),
  items: z.array(z.unknown()).nullish(),
});
const resources = z.looseObject({
  resources: z.array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
const review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

const version = z.looseObject({ gitVersion: z.string() });

/** One page of a list. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Goes on with the next page; absent = this was the last. */
  readonly token?: string;
}

/** An object; in lists the server leaves out what all of them share. Undefined when it is none. */
export function parseObject(value: unknown, { apiVersion, kind }: Resource): KubeObject | undefined {
  const { success, data } = object.safeParse(value);
  return success ? ({ apiVersion, kind, ...data } as KubeObject) : undefined;
}

/** The same from an answer. Throws `KubeFault`. */
export function takeObject(value: unknown, resource: Resource, request: string): KubeObject {
  return parseObject(value, resource) ?? strange(request);
}

/** A page of a list; the server leaves `items` out where there are none. Throws `KubeFault`. */
export function takePage(value: unknown, resource: Resource, request: string): Page {
  const { success, data } = list.safeParse(value);
  if (!success) return strange(request);
  const token = data.metadata.continue;
  return {
    items: (data.items ?? []).map((item) => takeObject(item, resource, request)),
    resourceVersion: data.metadata.resourceVersion,
    ...(token == null || token === '' ? {} : { token }),
  };
}

/** What a group serves, from discovery. Throws `KubeFault`. */
export function takeResources(value: unknown, request: string): z.output<typeof resources>['resources'] {
  const { success, data } = resources.safeParse(value);
  return success ? data.resources : strange(request);
}

/** Whether a review of access says yes. Throws `KubeFault`. */
export function takeAllowed(value: unknown, request: string): boolean {
  const { success, data } = review.safeParse(value);
  return success ? data.status.allowed : strange(request);
}

/** Of the server, e.g. `v1.36.0`. Throws `KubeFault`. */
export function takeVersion(value: unknown, request: string): string {
  const { success, data } = version.safeParse(value);
  return success ? data.gitVersion : strange(request);
}

function strange(request: string): never {
  throw new KubeFault('server', 'the answer is not what an API server gives', { request });
}
