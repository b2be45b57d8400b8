import { resolve } from 'node:path';
import type { Deps, PlanDeps } from './actions/deps.ts';
import type { OpenImages } from './actions/images/image-job.ts';
import type { ClusterOptions, NamedRun, PlaceOptions } from './cli/context.ts';
import type { OpenCluster } from './cluster-place.ts';
import type { JsonObject } from './domain/json.ts';
import type { RunRecord } from './domain/run/run-record.ts';
import { openLocalPlace, openProcesses } from './local-place.ts';
import type { SecretKeys } from './open-destinations.ts';
import type { ArtifactArchive } from './ports/artifact-archive.ts';
import type { ClusterNeeds, Doctor, NodeGpus } from './ports/doctor.ts';
import type { PlanTarget } from './ports/target.ts';
import { openCommon, openHub, openImages, openObjects, openStorageHere } from './shared-deps.ts';
import { type Surroundings, stateFolder } from './surroundings.ts';

/*
 * The places where runs live, put together from their adapters: this machine, or a namespace of a cluster. Each adapter
 * is loaded here, or in the file of a place, and nowhere else, when a command first needs it.
 */

/** What commands ask of places; `PlaceOptions` says which one. */
export interface Places {
  openDeps(options: PlaceOptions): Promise<Deps>;
  openPlanDeps(options: PlaceOptions, target: 'local' | 'kubernetes'): Promise<PlanDeps>;
  openPlanTarget(options: PlaceOptions, target: 'local' | 'kubernetes'): Promise<PlanTarget>;
  openImages(options: PlaceOptions): Promise<OpenImages>;
  openArchive(pod: JsonObject): Promise<ArtifactArchive>;
  nodeGpus(options: PlaceOptions, signal: AbortSignal): Promise<readonly NodeGpus[] | undefined>;
  /** Of the cluster's Secrets; it is reached when one is asked for. */
  secretKeys(options: PlaceOptions): SecretKeys;
  openDoctor(options: PlaceOptions, needs: ClusterNeeds, from: 'here' | 'inside'): Promise<Doctor>;
  placeOfRun(options: PlaceOptions, run: string): Promise<ClusterOptions | undefined>;
  namedRuns(options: PlaceOptions): Promise<readonly NamedRun[]>;
  stateFolder(options: PlaceOptions): string;
}

/** Opens nothing yet. */
export function createPlaces(around: Surroundings): Places {
  const cluster = (options: PlaceOptions): Promise<OpenCluster> => openPlace(around, options, options.cluster ?? {});
  return {
    stateFolder: (options) => stateFolder(around, options),
    openDeps: (options) => openDeps(around, options),
    openPlanDeps: (options, target) => openPlanDeps(around, options, target),
    openPlanTarget: (options, target) => openPlanTarget(around, options, target),
    openImages: (options) => openImages(around, options),
    openArchive: async (pod) => {
      const { openObjectArchive } = await import('./adapters/s3/object-archive.ts');
      return openObjectArchive(pod, await openStorageHere(around));
    },
    nodeGpus: async (options, signal) => (await cluster(options)).nodeGpus(signal),
    secretKeys: (options) => async (name, signal) => (await cluster(options)).secretKeys(name, signal),
    openDoctor: async (options, needs, from) => (await cluster(options)).doctor(needs, from),
    namedRuns: (options) => namedRuns(around, options),
    placeOfRun: (options, run) => placeOfRun(around, options, run),
  };
}

async function openDeps(around: Surroundings, options: PlaceOptions): Promise<Deps> {
  return options.cluster === undefined ? openLocalPlace(around, options) : openNoting(around, options, options.cluster);
}

/** Where no cluster is named, a plan for one is made beside the runs of this machine. */
async function openPlanDeps(
  around: Surroundings,
  options: PlaceOptions,
  target: 'local' | 'kubernetes',
): Promise<PlanDeps> {
  const deps = await openDeps(around, options);
  if (options.cluster !== undefined || target === 'local') return deps;
  return { ...deps, target: await openPlanTarget(around, options, target) };
}

/** For a cluster nothing but its names is needed. */
async function openPlanTarget(
  around: Surroundings,
  options: PlaceOptions,
  target: 'local' | 'kubernetes',
): Promise<PlanTarget> {
  if (target === 'local') return (await openProcesses(around, options)).target;
  const { createKubernetesPlanTarget } = await import('./adapters/kubernetes/plan-target.ts');
  const program = around.env['ILAB_BACKEND_IMAGE'];
  return createKubernetesPlanTarget({
    ...(await openImages(around, options)),
    ...(program === undefined ? {} : { program }),
  });
}

/** A namespace of a cluster. */
async function openPlace(around: Surroundings, options: PlaceOptions, cluster: ClusterOptions): Promise<OpenCluster> {
  const { openClusterPlace } = await import('./cluster-place.ts');
  const { packageRoot, home, cwd, env, version, say } = around;
  const [common, images] = await Promise.all([openCommon(around), openImages(around, options)]);
  return openClusterPlace({
    ...{ packageRoot, home, cwd, env, version, say, cluster, common, images },
    stateDir: stateFolder(around, options),
    hub: () => openHub(around),
    objects: () => openObjects(around),
    ...(options.maxOffline === undefined ? {} : { maxOffline: options.maxOffline }),
  });
}

/** The same, with a note on this machine of where each run of it lives. */
async function openNoting(around: Surroundings, options: PlaceOptions, cluster: ClusterOptions): Promise<Deps> {
  const { deps, where } = await openPlace(around, options, cluster);
  const [{ KnownPlaces }, { notingStore }] = await Promise.all([
    import('./adapters/sqlite/known-places.ts'),
    import('./adapters/sqlite/noting-store.ts'),
  ]);
  const kubeconfig = cluster.kubeconfig === undefined ? {} : { kubeconfig: resolve(cluster.kubeconfig) };
  const here = { kind: 'kubernetes', ...where, ...kubeconfig } as const;
  return { ...deps, store: notingStore(deps.store, new KnownPlaces(stateFolder(around, options)), here) };
}

async function namedRuns(around: Surroundings, options: PlaceOptions): Promise<readonly NamedRun[]> {
  if (options.cluster === undefined) {
    const { storedRuns } = await import('./adapters/sqlite/stored-runs.ts');
    return storedRuns(stateFolder(around, options)).map(named);
  }
  const { deps } = await openPlace(around, options, options.cluster);
  return deps.store.listAs(({ record }) => named(record));
}

function named({ name, pipeline, createdAt, stages }: RunRecord): NamedRun {
  return { name, pipeline: pipeline.name, created: createdAt, stages: stages.map((stage) => stage.name) };
}

async function placeOfRun(
  around: Surroundings,
  options: PlaceOptions,
  run: string,
): Promise<ClusterOptions | undefined> {
  const { KnownPlaces } = await import('./adapters/sqlite/known-places.ts');
  const found = new KnownPlaces(stateFolder(around, options)).find(run);
  if (found === undefined) return undefined;
  const { context, namespace, kubeconfig } = found;
  // A pod has no context that anybody else could name.
  const byContext = context === 'in-cluster' ? {} : { context };
  return { ...byContext, namespace, ...(kubeconfig === undefined ? {} : { kubeconfig }) };
}
