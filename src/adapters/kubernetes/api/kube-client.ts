import { takeAllowed, takeObject, takePage, takeResources, takeVersion } from './answers.ts';
import type { ApiRequest } from './http/api-request.ts';
import type { Contact } from './http/contact.ts';
import type { HttpClient } from './http/http-client.ts';
import type { Called, PersistentClient } from './http/persistent-client.ts';
import type { Limits, Timing } from './http/timing.ts';
import { type ClusterPlace, type KubeApi, KubeFault, RESOURCES } from './kube-api.ts';
import { listAll, takeAll } from './list-all.ts';
import type { Requests } from './requests.ts';
import { openLog, openProxy } from './streams.ts';
import { watchObjects } from './watch/watch-objects.ts';

export interface KubeClientParts {
  readonly place: ClusterPlace;
  readonly requests: Requests;
  readonly http: HttpClient;
  readonly calls: PersistentClient;
  readonly contact: Contact;
  readonly limits: Limits;
  readonly timing: Timing;
}

/** The API of a cluster over HTTP. */
export function createKubeClient(parts: KubeClientParts): KubeApi {
  const { place, requests, calls, contact, http, limits } = parts;
  const never = new AbortController().signal;
  const call = (request: ApiRequest, signal = never): Promise<Called> => calls.call(request, signal);
  /** Only the very object may be missing; a kind or a namespace that is not there stays a fault. */
  const find = (request: ApiRequest, signal = never): Promise<Called> =>
    calls.call(request, signal, { orMissing: true });

  return {
    place,
    counters: http.counters,
    serverNow: () => contact.serverNow,
    heardAt: () => contact.heardAt,
    resourceOf: resourceFinder(requests, call),
    async get(resource, name, signal) {
      const request = requests.get(resource, name);
      const { value, missing } = await find(request, signal);
      return missing ? undefined : takeObject(value, resource, request.text);
    },
    list: (resource, selector, signal) =>
      listAll(async (token) => {
        const request = requests.list(resource, selector, token);
        return takePage((await call(request, signal)).value, resource, request.text);
      }),
    listAs: async (resource, selector, take, signal) => {
      const next = async (token?: string) => {
        const request = requests.list(resource, selector, token, limits.largePage);
        return takePage((await call(request, signal)).value, resource, request.text);
      };
      return (await takeAll(next, take)).taken;
    },
    async create(resource, object, options, signal) {
      const request = requests.create(resource, object, options ?? {});
      return takeObject((await call(request, signal)).value, resource, request.text);
    },
    async replace(resource, object, signal) {
      const request = requests.replace(resource, object);
      return takeObject((await call(request, signal)).value, resource, request.text);
    },
    async delete(resource, name, options, signal) {
      try {
        const { missing, repeated } = await find(requests.delete(resource, name, options), signal);
        return missing && !repeated ? 'absent' : 'deleted'; // the lost answer of an earlier try was ours
      } catch (error) {
        // The precondition: the object of this name is another.
        if (error instanceof KubeFault && error.kind === 'conflict') return 'absent';
        throw error;
      }
    },
    watch: (resource, selector, signal) => watchObjects(parts, resource, selector, signal),
    log: (pod, query, signal) => openLog(parts, pod, query, signal),
    proxy: (pod, request, signal) => openProxy(parts, pod, request, signal),
    async version(signal) {
      const request = requests.version();
      return takeVersion((await call(request, signal)).value, request.text);
    },
    async mayI(verb, resource, subresource, signal) {
      const request = requests.review(verb, resource, subresource);
      return takeAllowed((await call(request, signal)).value, request.text);
    },
  };
}

/** Finds where a kind is served; what a cluster was once found to serve is not asked for again. */
function resourceFinder(
  requests: Requests,
  call: (request: ApiRequest, signal?: AbortSignal) => Promise<Called>,
): KubeApi['resourceOf'] {
  const served = new Map<string, ReturnType<typeof takeResources>>();
  const discover = async (apiVersion: string, signal?: AbortSignal): Promise<ReturnType<typeof takeResources>> => {
    const known = served.get(apiVersion);
    if (known !== undefined) return known;
    const request = requests.discover(apiVersion);
    try {
      const found = takeResources((await call(request, signal)).value, request.text);
      served.set(apiVersion, found);
      return found;
    } catch (error) {
      if (error instanceof KubeFault && error.kind === 'not-found') return []; // it may be installed later: not kept
      throw error;
    }
  };
  return async (apiVersion, kind, signal) => {
    const known = Object.values(RESOURCES).find((each) => each.apiVersion === apiVersion && each.kind === kind);
    if (known !== undefined) return known;
    const found = (await discover(apiVersion, signal)).find((each) => each.kind === kind && !each.name.includes('/'));
    return found === undefined ? undefined : { apiVersion, kind, plural: found.name, namespaced: found.namespaced };
  };
}
