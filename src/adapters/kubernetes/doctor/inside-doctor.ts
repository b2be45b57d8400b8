import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { OutsideDestination } from '../../../domain/destination.ts';
import type { Finding } from '../../../domain/diagnosis/finding.ts';
import { UserError } from '../../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../../domain/json.ts';
import { DRIVER_ACCOUNT } from '../../../domain/rights/rbac.ts';
import type { ClusterNeeds, Doctor } from '../../../ports/doctor.ts';
import type { WorkspaceObjects } from '../../../ports/workspace-objects.ts';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES } from '../api/kube-api.ts';
import { translated } from '../api/user-error.ts';
import { followDriver } from '../follow-driver.ts';
import { podState } from '../logs/pod-state.ts';
import { withFacts } from '../target/annotations.ts';
import { readLogsNow } from '../target/read-logs-now.ts';
import { look } from './look.ts';

export interface InsideDoctorOptions {
  readonly api: KubeApi;
  readonly needs: Pick<ClusterNeeds, 'pod' | 'endpoints' | 'destinations'>;
  /** The reference of the program's own image. Throws `cannot-start` when there is none. */
  readonly image: () => Promise<string>;
  readonly objects: Pick<WorkspaceObjects, 'driver'>;
  readonly user: string;
}

const NAME = 'Inside';
const DEADLINE = 180;
const FACTS = { contract: 'plain', outputs: [], queueTimeout: DEADLINE, startTimeout: DEADLINE } as const;
/** Taking the Job away must not hang. */
const CLEAN_UP_MS = 15_000;

const report = z.object({
  findings: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['ok', 'warning', 'problem']),
      message: z.string(),
      fix: z.string().exactOptional(),
    }),
  ),
});

/** The same seen from a pod: a Job of this program, made as the detached driver's, that is taken away afterwards. */
export function createInsideDoctor(options: InsideDoctorOptions): Doctor {
  const { api } = options;
  return {
    async *examine(signal) {
      let job: KubeObject;
      try {
        job = await translated(api.place, () => start(options, signal));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        yield {
          name: NAME,
          state: 'problem',
          message: `nothing can be tried from inside: ${error.message}`,
          fix: error.hint,
        };
        return;
      }
      try {
        yield* await translated(api.place, () => findingsOf(api, job, signal));
      } finally {
        await remove(api, job);
      }
    },
  };
}

async function start(
  { api, needs, image, objects, user }: InsideDoctorOptions,
  signal: AbortSignal,
): Promise<KubeObject> {
  const name = `ilab-doctor-x${randomBytes(4).toString('hex')}`;
  const places = needs.destinations.filter((place) => place.kind !== 'folder').map(inPod);
  const endpoints = needs.endpoints.flatMap((endpoint) => ['--endpoint', `${endpoint.name}=${endpoint.url}`]);
  const asked = [...endpoints, ...places.flatMap((place) => place.args)];
  const args = ['doctor', '--inside', '-o', 'json', '--namespace', api.place.namespace, ...asked];
  // Without the driver's account the network can still be tried.
  const account = await look(() => api.get(RESOURCES.serviceAccounts, DRIVER_ACCOUNT, signal));
  const serviceAccountName = account.kind === 'seen' && account.value === undefined ? 'default' : DRIVER_ACCOUNT;
  const [object] = objects.driver(
    { name, run: name, image: await image(), args, serviceAccountName, user, secrets: [] },
    needs.pod,
  );
  if (object === undefined) throw new Error('the template of the driver gives no object');
  const secrets = places.flatMap(({ env }) => env);
  return api.create(RESOURCES.jobs, withFacts(asDoctor(object, secrets), FACTS), {}, signal);
}

/** What the pod is told of a place: its token comes from its Secret as a variable, and a Secret that is not there is told of. */
function inPod(
  { token, ...place }: OutsideDestination,
  index: number,
): { readonly args: readonly string[]; readonly env: readonly JsonObject[] } {
  const variable = `ILAB_DESTINATION_${index}`;
  const told = token === undefined ? place : { ...place, token: { name: 'env', key: variable } };
  const args = ['--destination', JSON.stringify(told)];
  if (token === undefined) return { args, env: [] };
  return { args, env: [{ name: variable, valueFrom: { secretKeyRef: { ...token, optional: true } } }] };
}

/** Tried once, and gone by itself should nobody take it away. */
function asDoctor(job: JsonObject, secrets: readonly JsonObject[]): JsonObject {
  const labels = { 'app.kubernetes.io/name': 'ilab-doctor', 'app.kubernetes.io/component': 'doctor' };
  const env = [
    // The way of the stages: their proxy, their certificate authority.
    { name: 'NODE_USE_ENV_PROXY', value: '1' },
    { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ilab-backend/ca.crt' },
  ];
  return changed(job, ['metadata', 'labels'], labels, (spec) => ({
    ...spec,
    backoffLimit: 0,
    activeDeadlineSeconds: DEADLINE,
    ttlSecondsAfterFinished: 300,
    template: changed(objectOf(spec['template']), ['metadata', 'labels'], labels, (pod) => ({
      ...pod,
      containers: listOf(pod['containers']).map((container) => ({
        ...container,
        env: [
          ...listOf(container['env']),
          ...secrets,
          ...env.filter((entry) => entry.name.includes('PROXY') || hasCa(container)),
        ],
      })),
    })),
  }));
}

function hasCa(container: JsonObject): boolean {
  return listOf(container['env']).some((entry) => entry['name'] === 'SSL_CERT_FILE');
}

function changed(
  object: JsonObject,
  [metadata, field]: readonly ['metadata', 'labels'],
  labels: JsonObject,
  spec: (spec: JsonObject) => JsonObject,
): JsonObject {
  const meta = objectOf(object[metadata]);
  return {
    ...object,
    [metadata]: { ...meta, [field]: { ...objectOf(meta[field]), ...labels } },
    spec: spec(objectOf(object['spec'])),
  };
}

async function findingsOf(api: KubeApi, job: KubeObject, signal: AbortSignal): Promise<readonly Finding[]> {
  const { name } = job.metadata;
  let failure: string | undefined;
  for await (const sight of followDriver(api, name, job, signal)) if (sight.kind === 'failed') failure = sight.reason;
  signal.throwIfAborted();
  const pods = await api.list(RESOURCES.pods, { labels: `batch.kubernetes.io/job-name=${name}` }, signal);
  const seen = await look(() =>
    readLogsNow(
      api,
      pods.items.map((pod) => podState(pod)),
      {},
      signal,
    ),
  );
  const found = seen.kind === 'seen' ? parse(seen.value.map(({ text }) => text).join('\n')) : undefined;
  if (found === undefined) {
    const why = failure ?? (seen.kind === 'hidden' ? 'its log may not be read' : 'it said nothing that can be read');
    return [{ name: NAME, state: 'problem', message: `the pod told nothing: ${why}` }];
  }
  return found.map((finding) => ({ ...finding, name: `pod: ${finding.name}` }));
}

/** The document on stdout; what it said on stderr stands before or behind. */
function parse(log: string): readonly Finding[] | undefined {
  const [text] = /^\{$[\s\S]*^\}$/m.exec(log) ?? [];
  if (text === undefined) return undefined;
  try {
    return report.safeParse(JSON.parse(text)).data?.findings;
  } catch {
    return undefined;
  }
}

async function remove(api: KubeApi, { metadata: { name, uid } }: KubeObject): Promise<void> {
  try {
    await api.delete(RESOURCES.jobs, name, { uid }, AbortSignal.timeout(CLEAN_UP_MS));
  } catch (error) {
    // The cluster takes it away some minutes after its end.
    if (!(error instanceof KubeFault) && (error as Error).name !== 'TimeoutError') throw error;
  }
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value as JsonObject) ? (value as JsonObject) : {};
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}
