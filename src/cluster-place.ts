import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deps } from './actions/deps.ts';
import type { OpenImages } from './actions/images/image-job.ts';
import { openRun } from './actions/open-run.ts';
import type { ClusterPlace } from './adapters/kubernetes/api/kube-api.ts';
import type { RunObjects as RunObjectsType } from './adapters/kubernetes/target/run-objects.ts';
import type { ObjectSources } from './adapters/sources/pin-source.ts';
import type { ClusterOptions } from './cli/context.ts';
import { UserError } from './domain/errors.ts';
import { isContentTag } from './domain/image/image-name.ts';
import { currentReference } from './domain/image/image-record.ts';
import type { JsonObject } from './domain/json.ts';
import { DRIVER_ACCOUNT } from './domain/rights/rbac.ts';
import type { SecretKeys } from './open-destinations.ts';
import type { ClusterNeeds, Doctor, NodeGpus } from './ports/doctor.ts';
import type { ModelHub } from './ports/model-hub.ts';
import type { ImageIdentity } from './ports/target.ts';

/** What a place on a cluster is put together from, beside the cluster itself. */
export interface ClusterSurroundings {
  readonly packageRoot: string;
  readonly stateDir: string;
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly cluster: ClusterOptions;
  readonly common: Pick<Deps, 'openPipeline' | 'openNotifier' | 'clock' | 'who' | 'newId'>;
  readonly images: OpenImages;
  readonly hub: () => Promise<ModelHub>;
  readonly objects: () => Promise<ObjectSources>;
  readonly say: (message: string) => void;
  /** Seconds; absent = MAX_OFFLINE. */
  readonly maxOffline?: number;
}

/** The place, and where it is. */
export interface OpenCluster {
  readonly deps: Deps;
  readonly where: ClusterPlace;
  /** Of its nodes; undefined where they may not be listed. */
  readonly nodeGpus: (signal: AbortSignal) => Promise<readonly NodeGpus[] | undefined>;
  /** Whether a Secret has a key; of its values nothing is kept. */
  readonly secretKeys: SecretKeys;
  /** Looks at what runs need, from here or from a pod. */
  readonly doctor: (needs: ClusterNeeds, from: 'here' | 'inside') => Promise<Doctor>;
}

/** Seconds that a driver waits for a cluster that is away: `--max-offline`. */
const MAX_OFFLINE = 30 * 60;

/** A namespace of a cluster as a place where runs live. Nothing is asked of it yet. */
export async function openClusterPlace(around: ClusterSurroundings): Promise<OpenCluster> {
  const { packageRoot, env, home, cwd, stateDir, cluster, common, images, say, maxOffline = MAX_OFFLINE } = around;
  const [
    { openCluster },
    { ClusterRunStore },
    { Patience },
    { thisProcess },
    { createStoreClock },
    { KubernetesTarget },
    { clusterImages },
    { ClusterLogs },
    { RunObjects },
    { createKubernetesPlanTarget },
    { ClusterSourceStore },
    { ClusterArtifactStore },
    { DATA_LIMITS },
    { driverJobs },
    { workspaceObjects },
    { diskSourceFiles },
  ] = await Promise.all([
    import('./adapters/kubernetes/api/open-cluster.ts'),
    import('./adapters/kubernetes/run-store/cluster-run-store.ts'),
    import('./adapters/kubernetes/run-store/patience.ts'),
    import('./adapters/kubernetes/run-store/holder.ts'),
    import('./adapters/kubernetes/run-store/store-clock.ts'),
    import('./adapters/kubernetes/target/kubernetes-target.ts'),
    import('./adapters/kubernetes/target/cluster-images.ts'),
    import('./adapters/kubernetes/target/cluster-logs.ts'),
    import('./adapters/kubernetes/target/run-objects.ts'),
    import('./adapters/kubernetes/plan-target.ts'),
    import('./adapters/kubernetes/data/cluster-source-store.ts'),
    import('./adapters/kubernetes/data/cluster-artifact-store.ts'),
    import('./adapters/kubernetes/data/cluster-data.ts'),
    import('./adapters/kubernetes/driver-jobs.ts'),
    import('./config/workspace-objects.ts'),
    import('./adapters/files/disk-source-files.ts'),
  ]);
  const api = await openCluster({
    env,
    home,
    ...cluster,
    userAgent: `ilab-backend/${around.version}`,
    maxOffline,
    onTrouble: say,
    onRecovered: () => say('the cluster answers again'),
    onNotice: say,
  });
  const shared = await diskSourceFiles().readFolder(join(packageRoot, 'templates', '_shared'), 'templates/_shared');
  const objects = workspaceObjects(shared);
  const holder = thisProcess(common.who.host, common.who.pid);
  const clock = createStoreClock();
  const store = new ClusterRunStore(api, { holder, clock, patienceSeconds: maxOffline, onWaiting: say });
  const patience = new Patience({ place: api.place, clock, seconds: maxOffline, onWaiting: say });

  const watched = new Map<string, RunObjectsType>();
  const objectsOf = (run: string): RunObjectsType => {
    const known = watched.get(run) ?? new RunObjects(api, run);
    watched.set(run, known);
    return known;
  };
  const logs = new ClusterLogs({
    api,
    folder: join(stateDir, 'logs', folderName(api.place)),
    objects: objectsOf,
    onTrouble: (ref, trouble) => say(`log of ${ref.stage}, ${trouble.container}: ${trouble.text}`),
  });
  const named = env['ILAB_BACKEND_IMAGE'];
  const target = new KubernetesTarget({
    api,
    images: clusterImages(
      api,
      createKubernetesPlanTarget({ ...images, ...(named === undefined ? {} : { program: named }) }),
      images.records,
    ),
    logs,
    objects: objectsOf,
    patience,
    monotonic: () => performance.now(),
    pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    claim: (pod) => objects.claim(pod),
  });
  const programImage = async (): Promise<string> => named ?? ownImage(images);
  const data = { api, clock: common.clock, objects, image: programImage, say, limits: DATA_LIMITS };
  const deps: Deps = {
    ...common,
    store,
    target,
    sources: new ClusterSourceStore(data, { cwd, hub: around.hub, objects: around.objects }),
    artifacts: new ClusterArtifactStore(data, (run) => settingsOf(run)),
    drivers: driverJobs({
      api,
      image: programImage,
      settingsOf: async (run) => (await openRun(deps, run)).pipeline,
      objects,
      serviceAccountName: DRIVER_ACCOUNT,
      user: common.who.user,
    }),
  };
  async function settingsOf(run: string): Promise<JsonObject> {
    return (await openRun(deps, run)).pipeline.pod;
  }
  const openDoctor: OpenCluster['doctor'] = async (needs, from) => {
    if (from === 'inside') {
      const { createInsideDoctor } = await import('./adapters/kubernetes/doctor/inside-doctor.ts');
      return createInsideDoctor({ api, needs, objects, image: programImage, user: common.who.user });
    }
    const { createClusterDoctor } = await import('./adapters/kubernetes/doctor/cluster-doctor.ts');
    const imageState = (image: ImageIdentity) => target.imageState(image);
    return createClusterDoctor({ api, needs, claim: objects.claim(needs.pod), imageState });
  };
  const lookForGpus: OpenCluster['nodeGpus'] = async (signal) => {
    const [{ nodeGpus }, { translated }] = await Promise.all([
      import('./adapters/kubernetes/doctor/node-gpus.ts'),
      import('./adapters/kubernetes/api/user-error.ts'),
    ]);
    return translated(api.place, () => nodeGpus(api, signal));
  };
  const secretKeys: SecretKeys = async (name, signal) => {
    const [{ keysOf }, { look }, { RESOURCES }, { translated }] = await Promise.all([
      import('./adapters/kubernetes/doctor/references.ts'),
      import('./adapters/kubernetes/doctor/look.ts'),
      import('./adapters/kubernetes/api/kube-api.ts'),
      import('./adapters/kubernetes/api/user-error.ts'),
    ]);
    return translated(api.place, () => look(() => keysOf(api, RESOURCES.secrets, name, signal)));
  };
  return { deps, where: api.place, nodeGpus: lookForGpus, secretKeys, doctor: openDoctor };
}

function ownImage({ sources, records }: OpenImages): string {
  const { reference: tag } = sources.read('program');
  const known = records.read(tag);
  if (known !== undefined) return currentReference(known);
  if (!isContentTag(tag)) return tag;
  throw new UserError('cannot-start', `the image of this program is not built: ${tag}`, {
    hint: '`ilab-backend images build program`, with --load kind or --push REGISTRY; or name one in ILAB_BACKEND_IMAGE',
  });
}

/** The logs of different clusters must not meet, whatever their contexts are called. */
function folderName({ server, namespace }: { readonly server: string; readonly namespace: string }): string {
  return `${server.replace(/^https?:\/\//, '').replace(/[^a-zA-Z0-9.-]+/g, '_')}/${namespace}`;
}
