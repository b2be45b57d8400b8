import type { JsonObject } from '../../../domain/json.ts';
import type { ApiRequest } from './http/api-request.ts';
import { jsonBody } from './http/api-request.ts';
import type { Limits } from './http/timing.ts';
import {
  type CreateOptions,
  type DeleteOptions,
  type LogQuery,
  type Resource,
  type Selector,
  textAt,
} from './kube-api.ts';

/** The requests of the API, as data: which path, which words for it, how long it may take. */
export interface Requests {
  get(resource: Resource, name: string): ApiRequest;
  /** `token` goes on with the list of an earlier page; `limit` absent = the usual number of objects in one. */
  list(resource: Resource, selector: Selector, token?: string, limit?: number): ApiRequest;
  watch(resource: Resource, selector: Selector, from: WatchFrom): ApiRequest;
  create(resource: Resource, object: JsonObject, options: CreateOptions): ApiRequest;
  replace(resource: Resource, object: JsonObject): ApiRequest;
  delete(resource: Resource, name: string, options: DeleteOptions): ApiRequest;
  log(pod: string, query: LogQuery): ApiRequest;
  discover(apiVersion: string): ApiRequest;
  review(verb: string, resource: Resource, subresource: string | undefined): ApiRequest;
  version(): ApiRequest;
  /** The path of a pod's port below the server. */
  proxyPath(pod: string, port: number): string;
}

export interface WatchFrom {
  readonly resourceVersion: string;
  /** After which the server ends it. */
  readonly seconds: number;
}

/** Requests from one namespace. */
export function createRequests(namespace: string, limits: Limits): Requests {
  const address = addressIn(namespace);
  return {
    ...reading(address, limits),
    ...writing(address, limits),
    ...ofPods(address, namespace),
    ...asking(address, namespace, limits),
  };
}

/** How objects are called in a path and in a sentence. `name` absent = all of a kind. */
interface Address {
  pathOf(resource: Resource, name?: string): string;
  textOf(verb: string, resource: Resource, name?: string): string;
}

function addressIn(namespace: string): Address {
  return {
    pathOf(resource, name) {
      const scope = resource.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
      const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
      return `${groupPath(resource.apiVersion)}${scope}/${resource.plural}${object}`;
    },
    textOf(verb, resource, name) {
      const object = name === undefined ? '' : ` "${name}"`;
      return `${verb} ${resource.plural}${object}${resource.namespaced ? ` in namespace "${namespace}"` : ''}`;
    },
  };
}

function reading({ pathOf, textOf }: Address, limits: Limits): Pick<Requests, 'get' | 'list' | 'watch'> {
  return {
    get: (resource, name) => ({
      text: textOf('get', resource, name),
      method: 'GET',
      path: pathOf(resource, name),
      effect: 'reads',
      within: limits.read,
    }),
    list: (resource, selector, token, limit = limits.page) => ({
      text: textOf('list', resource),
      method: 'GET',
      path: pathOf(resource) + query({ ...selectors(selector), limit: String(limit), continue: token }),
      effect: 'reads',
      within: limits.list,
    }),
    watch: (resource, selector, { resourceVersion, seconds }) => ({
      text: textOf('watch', resource),
      method: 'GET',
      path:
        pathOf(resource) +
        query({
          ...selectors(selector),
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion,
          timeoutSeconds: String(seconds),
        }),
      effect: 'reads',
      stream: true,
    }),
  };
}

function writing({ pathOf, textOf }: Address, limits: Limits): Pick<Requests, 'create' | 'replace' | 'delete'> {
  return {
    create: (resource, object, { dryRun }) => ({
      text: textOf('create', resource, textAt(object, 'metadata', 'name')),
      method: 'POST',
      path: pathOf(resource) + query({ fieldValidation: 'Strict', dryRun: dryRun === true ? 'All' : undefined }),
      effect: dryRun === true ? 'reads' : 'writes',
      headersWithin: limits.writeHeaders,
      within: limits.write,
      ...jsonBody(object),
    }),
    replace: (resource, object) => {
      const name = textAt(object, 'metadata', 'name') ?? '';
      return {
        text: textOf('replace', resource, name),
        method: 'PUT',
        path: pathOf(resource, name) + query({ fieldValidation: 'Strict' }),
        effect: 'writes',
        within: limits.write,
        ...jsonBody(object),
      };
    },
    // With a uid it can be sent again and again: so it counts as what changes nothing more.
    delete: (resource, name, { uid, propagation, graceSeconds }) => ({
      text: textOf('delete', resource, name),
      method: 'DELETE',
      path: pathOf(resource, name),
      effect: 'reads',
      headersWithin: limits.writeHeaders,
      within: limits.write,
      ...jsonBody({
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: propagation ?? 'Background',
        ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
      }),
    }),
  };
}

function ofPods({ pathOf }: Address, namespace: string): Pick<Requests, 'log' | 'proxyPath'> {
  return {
    log: (pod, { container, follow, sinceTime, previous, limitBytes, tailLines }) => ({
      text: `read the log of container "${container}" of pods "${pod}" in namespace "${namespace}"`,
      method: 'GET',
      path:
        `${pathOf(PODS, pod)}/log` +
        query({
          container,
          timestamps: 'true',
          follow: follow ? 'true' : undefined,
          sinceTime,
          previous: previous === true ? 'true' : undefined,
          limitBytes: limitBytes === undefined ? undefined : String(limitBytes),
          tailLines: tailLines === undefined ? undefined : String(tailLines),
        }),
      effect: 'reads',
      headers: { accept: '*/*' },
      stream: true,
    }),
    proxyPath: (pod, port) => `${pathOf(PODS, pod)}:${port}/proxy`,
  };
}

/** What the server can do, and what we may. */
function asking(
  { textOf }: Address,
  namespace: string,
  limits: Limits,
): Pick<Requests, 'discover' | 'review' | 'version'> {
  return {
    discover: (apiVersion) => ({
      text: `discover what ${apiVersion} serves`,
      method: 'GET',
      path: groupPath(apiVersion),
      effect: 'reads',
      within: limits.read,
    }),
    review: (verb, resource, subresource) => ({
      text: `ask whether ${textOf(verb, resource)} is allowed`,
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      effect: 'reads', // it stores nothing
      within: limits.read,
      ...jsonBody(accessReview(namespace, verb, resource, subresource)),
    }),
    version: () => ({
      text: 'ask for its version',
      method: 'GET',
      path: '/version',
      effect: 'reads',
      within: limits.read,
    }),
  };
}

const PODS: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function selectors({ labels, fields }: Selector): Readonly<Record<string, string | undefined>> {
  return { labelSelector: labels, fieldSelector: fields };
}

/** Empty where nothing is asked for. */
function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function accessReview(namespace: string, verb: string, resource: Resource, subresource: string | undefined): unknown {
  const [version, group = ''] = resource.apiVersion.split('/').reverse();
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        ...(resource.namespaced ? { namespace } : {}),
        verb,
        group,
        version,
        resource: resource.plural,
        ...(subresource === undefined ? {} : { subresource }),
      },
    },
  };
}
