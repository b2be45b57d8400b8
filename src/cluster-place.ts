import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deps } from './actions/deps.ts';
import type { OpenImages } from './actions/images/image-job.ts';
import { openRun } from './actions/open-run.ts';
import type { ClusterPlace, KubeApi } from './adapters/kubernetes/api/kube-api.ts';
import type { Patience } from './adapters/kubernetes/run-store/patience.ts';
import type { KubernetesTarget } from './adapters/kubernetes/target/kubernetes-target.ts';
import type { RunObjects } from './adapters/kubernetes/target/run-objects.ts';
import type { ObjectSources } from './adapters/sources/pin-source.ts';
import type { ClusterOptions } from './cli/context.ts';
import { DRIVER_ACCOUNT } from './domain/rights/rbac.ts';
import type { SecretKeys } from './open-destinations.ts';
import type { ClusterNeeds, Doctor, NodeGpus } from './ports/doctor.ts';
import type { ModelHub } from './ports/model-hub.ts';
import type { ImageIdentity } from './ports/target.ts';
import type { WorkspaceObjects } from './ports/workspace-objects.ts';
import type { CommonDeps } from './shared-deps.ts';

/** What a place on a cluster is put together from, beside the cluster itself. */
export interface ClusterSurroundings {
  readonly packageRoot: string;
  readonly stateDir: string;
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly cluster: ClusterOptions;
  readonly common: CommonDeps;
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
/** Of the templates that every pipeline may use, as messages name it. */
const SHARED = 'templates/_shared';

/** A namespace of a cluster as a place where runs live. Nothing is asked of it yet. */
export async function openClusterPlace(around: ClusterSurroundings): Promise<OpenCluster> {
  const adapters = await loadAdapters();
  const api = await openApi(adapters, around);
  const { common, say, packageRoot } = around;
  const shared = await adapters.diskSourceFiles().readFolder(join(packageRoot, 'templates', '_shared'), SHARED);
  const place: Parts = { ...{ adapters, around, api }, objects: adapters.workspaceObjects(shared) };
  const { objects } = place;
  const { store, patience } = openStore(place);
  const target = openTarget(place, patience);
  const programImage = () => adapters.ownImage(target, around.env['ILAB_BACKEND_IMAGE']);
  const data = { api, clock: common.clock, objects, image: programImage, say, limits: adapters.DATA_LIMITS };
  const pipelineOf = async (run: string) => (await openRun(deps, run)).pipeline;
  const deps: Deps = {
    ...common,
    store,
    target,
    sources: new adapters.ClusterSourceStore(data, { cwd: around.cwd, hub: around.hub, objects: around.objects }),
    artifacts: new adapters.ClusterArtifactStore(data, async (run) => (await pipelineOf(run)).pod),
    drivers: adapters.driverJobs({
      api,
      image: programImage,
      settingsOf: pipelineOf,
      objects,
      serviceAccountName: DRIVER_ACCOUNT,
      user: common.who.user,
    }),
  };
  return {
    deps,
    where: api.place,
    nodeGpus: (signal) => lookForGpus(api, signal),
    secretKeys: (name, signal) => lookForKeys(api, name, signal),
    doctor: (needs, from) => openDoctor({ ...place, target, programImage }, needs, from),
  };
}

type Adapters = Awaited<ReturnType<typeof loadAdapters>>;

/** What the parts of a place have in common. */
interface Parts {
  readonly adapters: Adapters;
  readonly around: ClusterSurroundings;
  readonly api: KubeApi;
  /** Rendered from `templates/_shared/`. */
  readonly objects: WorkspaceObjects;
}

/** All at once: they do not wait for each other. */
async function loadAdapters() {
  const [
    { openCluster },
    { ClusterRunStore },
    { Patience },
    { thisProcess },
    { createStoreClock },
    { KubernetesTarget },
    { clusterImages, ownImage },
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
  return {
    ...{ openCluster, ClusterRunStore, Patience, thisProcess, createStoreClock, driverJobs },
    ...{ KubernetesTarget, clusterImages, ownImage, ClusterLogs, RunObjects, createKubernetesPlanTarget },
    ...{ ClusterSourceStore, ClusterArtifactStore, DATA_LIMITS, workspaceObjects, diskSourceFiles },
  };
}

function openApi({ openCluster }: Adapters, around: ClusterSurroundings): Promise<KubeApi> {
  const { env, home, cluster, version, say, maxOffline = MAX_OFFLINE } = around;
  return openCluster({
    ...{ env, home, ...cluster, maxOffline },
    userAgent: `ilab-backend/${version}`,
    onTrouble: say,
    onRecovered: () => say('the cluster answers again'),
    onNotice: say,
  });
}

/** The record of runs, and how long whoever drives one waits for a cluster that is away. */
function openStore({ adapters, around, api }: Parts) {
  const { common, say, maxOffline = MAX_OFFLINE } = around;
  const holder = adapters.thisProcess(common.who.host, common.who.pid);
  const clock = adapters.createStoreClock();
  return {
    store: new adapters.ClusterRunStore(api, { holder, clock, patienceSeconds: maxOffline, onWaiting: say }),
    patience: new adapters.Patience({ place: api.place, clock, seconds: maxOffline, onWaiting: say }),
  };
}

function openTarget({ adapters, around, api, objects }: Parts, patience: Patience): KubernetesTarget {
  const { images, stateDir, env, say } = around;
  // One watch a run: the target and its logs look at the same objects.
  const watched = new Map<string, RunObjects>();
  const objectsOf = (run: string): RunObjects => {
    const known = watched.get(run) ?? new adapters.RunObjects(api, run);
    watched.set(run, known);
    return known;
  };
  const named = env['ILAB_BACKEND_IMAGE'];
  const planned = adapters.createKubernetesPlanTarget({
    ...images,
    ...(named === undefined ? {} : { program: named }),
  });
  return new adapters.KubernetesTarget({
    api,
    images: adapters.clusterImages(api, planned, images.records),
    logs: new adapters.ClusterLogs({
      api,
      folder: join(stateDir, 'logs', folderName(api.place)),
      objects: objectsOf,
      onTrouble: (ref, trouble) => say(`log of ${ref.stage}, ${trouble.container}: ${trouble.text}`),
    }),
    objects: objectsOf,
    patience,
    monotonic: () => performance.now(),
    pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    claim: (pod) => objects.claim(pod),
  });
}

interface DoctorParts extends Parts {
  readonly target: KubernetesTarget;
  readonly programImage: () => Promise<string>;
}

async function openDoctor(
  { api, objects, around, target, programImage }: DoctorParts,
  needs: ClusterNeeds,
  from: 'here' | 'inside',
): Promise<Doctor> {
  if (from === 'inside') {
    const { createInsideDoctor } = await import('./adapters/kubernetes/doctor/inside-doctor.ts');
    return createInsideDoctor({ api, needs, objects, image: programImage, user: around.common.who.user });
  }
  const { createClusterDoctor } = await import('./adapters/kubernetes/doctor/cluster-doctor.ts');
  const imageState = (image: ImageIdentity) => target.imageState(image);
  return createClusterDoctor({ api, needs, claim: objects.claim(needs.pod), imageState });
}

async function lookForGpus(api: KubeApi, signal: AbortSignal): Promise<readonly NodeGpus[] | undefined> {
  const [{ nodeGpus }, { translated }] = await Promise.all([
    import('./adapters/kubernetes/doctor/node-gpus.ts'),
    import('./adapters/kubernetes/api/user-error.ts'),
  ]);
  return translated(api.place, () => nodeGpus(api, signal));
}

async function lookForKeys(api: KubeApi, secret: string, signal: AbortSignal): ReturnType<SecretKeys> {
  const [{ keysOf }, { look }, { RESOURCES }, { translated }] = await Promise.all([
    import('./adapters/kubernetes/doctor/references.ts'),
    import('./adapters/kubernetes/doctor/look.ts'),
    import('./adapters/kubernetes/api/kube-api.ts'),
    import('./adapters/kubernetes/api/user-error.ts'),
  ]);
  return translated(api.place, () => look(() => keysOf(api, RESOURCES.secrets, secret, signal)));
}

/** The logs of different clusters must not meet, whatever their contexts are called. */
function folderName({ server, namespace }: { readonly server: string; readonly namespace: string }): string {
  return `${server.replace(/^https?:\/\//, '').replace(/[^a-zA-Z0-9.-]+/g, '_')}/${namespace}`;
}
