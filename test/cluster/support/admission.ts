import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { JsonObject } from '../../../src/domain/json.ts';
import { makeCertificate } from '../../fakes/api-server/certificate.ts';
import type { Cluster } from './cluster.ts';
import { until } from './command.ts';

/* Rules of a cluster that say no to what is created in one namespace, and nowhere else. */

const API = 'admissionregistration.k8s.io/v1';

export interface Rule {
  readonly namespace: string;
  /** `batch/v1` and `jobs`. */
  readonly resource: readonly [apiVersion: string, plural: string];
  readonly message: string;
}

/** What takes a rule away again; more than once does no harm. */
type Lift = () => Promise<void>;

/** A ValidatingAdmissionPolicy, named `no-<namespace>`, that holds when this returns. */
export async function denyByPolicy(cluster: Cluster, { namespace, resource, message }: Rule): Promise<Lift> {
  const name = `no-${namespace}`;
  const matchConstraints = { resourceRules: [ruleOf(resource)] };
  const policy = { failurePolicy: 'Fail', matchConstraints, validations: [{ expression: 'false', message }] };
  const binding = {
    policyName: name,
    validationActions: ['Deny'],
    matchResources: { namespaceSelector: only(namespace) },
  };
  const lift = await apply(cluster, [
    { apiVersion: API, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: policy },
    { apiVersion: API, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec: binding },
  ]);
  await untilDenied(cluster, { namespace, resource, message });
  return lift;
}

/** A validating webhook of this machine, named `no.<namespace>.test`, that holds when this returns. */
export async function denyByWebhook(cluster: Cluster, { namespace, resource, message }: Rule): Promise<Lift> {
  const authority = { name: 'a test authority', ...makeCertificate({ name: 'a test authority' }) };
  const identity = makeCertificate({ name: 'a webhook', hosts: ['127.0.0.1'], issuer: authority });
  const server = createServer(identity, async (request, response) => {
    const { apiVersion, kind, request: asked } = (await json(request)) as JsonObject;
    const uid = (asked as JsonObject)['uid'];
    const answer = { apiVersion, kind, response: { uid, allowed: false, status: { message, code: 403 } } };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const webhook = {
    name: `no.${namespace}.test`,
    clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(authority.cert).toString('base64') },
    rules: [ruleOf(resource)],
    namespaceSelector: only(namespace),
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
  };
  const name = `no-${namespace}`;
  const lift = await apply(cluster, [
    { apiVersion: API, kind: 'ValidatingWebhookConfiguration', metadata: { name }, webhooks: [webhook] },
  ]);
  await untilDenied(cluster, { namespace, resource, message });
  return async () => {
    await lift();
    server.closeAllConnections();
    server.close();
  };
}

function only(namespace: string): JsonObject {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
}

function ruleOf([apiVersion, plural]: Rule['resource']): JsonObject {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources: [plural] };
}

async function apply(cluster: Cluster, objects: readonly JsonObject[]): Promise<Lift> {
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const { code, stderr } = await cluster.tryKubectl(['create', '-f', '-'], { input });
  if (code !== 0) throw new Error(stderr);
  return async () => {
    await cluster.tryKubectl(['delete', '--ignore-not-found', '-f', '-'], { input });
  };
}

/** An API server takes a moment to heed a new rule. */
async function untilDenied(cluster: Cluster, { namespace, resource: [, plural], message }: Rule): Promise<void> {
  const image = ['--image=rig.local/busybox:1', '--dry-run=server'];
  const words = plural === 'pods' ? ['run', 'probe', ...image] : ['create', 'job', 'probe', ...image];
  await until(`the rule of ${namespace}`, async () =>
    (await cluster.tryKubectl(['-n', namespace, ...words])).stderr.includes(message) ? true : undefined,
  );
}
