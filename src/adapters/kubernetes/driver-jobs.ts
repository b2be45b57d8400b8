import { randomBytes } from 'node:crypto';
import { driverArguments, NOTIFY_VARIABLES } from '../../domain/driver-arguments.ts';
import { UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { NotifySettings } from '../../domain/notification.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { DriverHost } from '../../ports/driver-host.ts';
import type { DriverValues, WorkspaceObjects } from '../../ports/workspace-objects.ts';
import { RUN_LABEL } from './api/attempt-labels.ts';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES } from './api/kube-api.ts';
import { translated } from './api/user-error.ts';
import { followDriver } from './follow-driver.ts';
import { withFacts } from './target/annotations.ts';
import { hasEnded } from './target/end-attempt.ts';
import { refusalOf } from './target/refusal.ts';

export interface DriverJobsOptions {
  readonly api: KubeApi;
  /** The reference of the program's own image. Throws `cannot-start` when there is none. */
  readonly image: () => Promise<string>;
  /** What a run was stored with: its pod settings, and who is told of it. */
  readonly settingsOf: (run: string) => Promise<Pick<RenderablePipeline, 'pod' | 'notify'>>;
  readonly objects: Pick<WorkspaceObjects, 'driver'>;
  readonly serviceAccountName: string;
  readonly user: string;
}

/** Begins with a letter, so that no attempt of a stage called `driver` has the name. */
const SUFFIX_BYTES = 3;
/** It leaves no result, and waits as long as it must. */
const FACTS = { contract: 'plain', outputs: [], queueTimeout: 30 * 86_400, startTimeout: 86_400 } as const;

/** Drivers as Jobs of this program in the run's own namespace. */
export function driverJobs(options: DriverJobsOptions): DriverHost {
  const { api, image, settingsOf, objects, serviceAccountName, user } = options;
  return {
    // An image may have to be pulled.
    beginSeconds: 120,
    check: () =>
      translated(api.place, async () => {
        await demandAccount(api, serviceAccountName);
        await image();
      }),
    start: (run, options) =>
      translated(api.place, async () => {
        await demandAccount(api, serviceAccountName);
        const args = driverArguments(run, options, ['--target', 'kubernetes', '--namespace', api.place.namespace]);
        const name = `${run}-driver-x${randomBytes(SUFFIX_BYTES).toString('hex')}`;
        const { pod, notify } = await settingsOf(run);
        const secrets = secretsOf(notify);
        const values = { name, run, image: await image(), args, serviceAccountName, user, secrets };
        const [object] = objects.driver(values, pod);
        if (object === undefined) throw new Error('the template of the driver gives no object');
        const job = await create(api, withFacts(object, FACTS), name);
        return {
          where: `job/${name} in namespace ${api.place.namespace}`,
          follow: (signal) => followDriver(api, run, job, signal),
        };
      }),
    isComing: (run) => translated(api.place, async () => (await driversOf(api, run)).some((job) => !hasEnded(job))),
    remove: (run) =>
      translated(api.place, async () => {
        for (const { metadata } of await driversOf(api, run)) {
          await api.delete(RESOURCES.jobs, metadata.name, { uid: metadata.uid });
        }
      }),
  };
}

/** The Secrets that the driver is told by variables; what refers to another machine is not there. */
function secretsOf(notify: NotifySettings | undefined): DriverValues['secrets'] {
  return [
    { variable: NOTIFY_VARIABLES.secret, of: notify?.secret },
    { variable: NOTIFY_VARIABLES.url, of: notify?.urlFrom },
  ].flatMap(({ variable, of }) =>
    of === undefined || of.name === 'env' || of.name === 'file' ? [] : [{ variable, name: of.name, key: of.key }],
  );
}

async function driversOf(api: KubeApi, run: string): Promise<readonly KubeObject[]> {
  const labels = `app.kubernetes.io/component=driver,${RUN_LABEL}=${run}`;
  return (await api.list(RESOURCES.jobs, { labels })).items;
}

/** Without it the Job would be taken, and its pod never made. */
async function demandAccount(api: KubeApi, name: string): Promise<void> {
  const found = await api.get(RESOURCES.serviceAccounts, name).catch((error: unknown) => {
    // Who may not look may still use it.
    if (error instanceof KubeFault && error.kind === 'forbidden') return 'unknown' as const;
    throw error;
  });
  if (found !== undefined) return;
  const { namespace, context } = api.place;
  throw new UserError('cannot-start', `there is no ServiceAccount ${name} in namespace ${namespace} of ${context}`, {
    hint: `let whoever may do so: \`ilab-backend rbac --detach -n ${namespace} | kubectl apply -f -\``,
  });
}

/** The name is of this call alone, so what has it was made by it. */
async function create(api: KubeApi, object: JsonObject, name: string): Promise<KubeObject> {
  try {
    return await api.create(RESOURCES.jobs, object);
  } catch (error) {
    if (!(error instanceof KubeFault)) throw error;
    const made = error.kind === 'ambiguous' ? await api.get(RESOURCES.jobs, name) : undefined;
    if (made !== undefined) return made;
    const refusal = refusalOf(error, { object, resource: RESOURCES.jobs, place: api.place });
    if (refusal instanceof UserError) throw refusal;
    throw new UserError('cannot-start', 'message' in refusal ? refusal.message : error.message, { cause: error });
  }
}
