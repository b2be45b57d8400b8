import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Deps, Identity, PlanDeps } from './actions/deps.ts';
import type { OpenImages } from './actions/images/image-job.ts';
import type { StorageHere } from './adapters/s3/storage-here.ts';
import type { ObjectSources } from './adapters/sources/pin-source.ts';
import type { SourceStoreOptions } from './adapters/sources/source-store.ts';
import type { ClusterOptions, NamedRun, PlaceOptions } from './cli/context.ts';
import type { JsonObject } from './domain/json.ts';
import type { RunRecord } from './domain/run/run-record.ts';
import type { SecretKeys } from './open-destinations.ts';
import type { ArtifactArchive } from './ports/artifact-archive.ts';
import type { ClusterNeeds, Doctor, NodeGpus } from './ports/doctor.ts';
import type { ModelHub } from './ports/model-hub.ts';
import type { SourceStore } from './ports/source-store.ts';
import type { PlanTarget } from './ports/target.ts';

/*
 * The places where runs live, put together from their adapters: this machine, or a namespace of a cluster. Each adapter
 * is loaded here and nowhere else, when a command first needs it.
 */

/** What the program was started with. */
export interface Surroundings {
  readonly packageRoot: string;
  /** What runs this program again. */
  readonly command: readonly [string, ...string[]];
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Tells the person something that is not about a run: an API server's warning. */
  readonly say: (message: string) => void;
}

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

export function createPlaces(around: Surroundings): Places {
  const { packageRoot, env } = around;

  function stateFolder({ stateDir }: PlaceOptions): string {
    const home = env['XDG_STATE_HOME'] ?? join(around.home, '.local', 'state');
    return resolve(stateDir ?? env['ILAB_BACKEND_STATE_DIR'] ?? join(home, 'ilab-backend'));
  }

  function projectFolder({ project }: PlaceOptions): string {
    return resolve(project ?? env['ILAB_BACKEND_PROJECT'] ?? '.');
  }

  async function openProcesses(options: PlaceOptions) {
    const { createProcessTarget } = await import('./adapters/process/process-target.ts');
    return createProcessTarget({
      stateDir: stateFolder(options),
      packageRoot,
      projectDir: projectFolder(options),
      nodePath: process.execPath,
      supervisorEntry: join(packageRoot, 'dist', 'supervisor.js'),
      env,
    });
  }

  async function openLocal(options: PlaceOptions): Promise<Deps> {
    const [{ SqliteRunStore }, { target, artifacts, workspace }, { driverProcesses }] = await Promise.all([
      import('./adapters/sqlite/run-store.ts'),
      openProcesses(options),
      import('./adapters/process/driver-processes.ts'),
    ]);
    return {
      ...(await openCommon()),
      store: new SqliteRunStore(stateFolder(options)),
      target,
      artifacts,
      drivers: driverProcesses({
        command: around.command,
        stateDir: stateFolder(options),
        projectDir: projectFolder(options),
      }),
      sources: lateSourceStore({ workspace, cwd: around.cwd, hub: openHub, objects: openObjects }),
    };
  }

  async function openCommon(): Promise<Pick<Deps, 'openPipeline' | 'openNotifier' | 'clock' | 'who' | 'newId'>> {
    const { systemClock } = await import('./adapters/clock/system-clock.ts');
    return {
      openPipeline: async (text) => {
        const [{ parseSources }, { openSources }] = await Promise.all([
          import('./config/run-sources.ts'),
          import('./config/open-sources.ts'),
        ]);
        return openSources(parseSources(text));
      },
      openNotifier: async (settings) => (await import('./open-notifier.ts')).openNotifier(settings, around),
      clock: systemClock,
      who: whoAmI(env),
      newId: () => crypto.randomUUID(), // the global: node:crypto costs every start 5 ms
    };
  }

  async function openPlace(options: PlaceOptions, cluster: ClusterOptions) {
    const { openClusterPlace } = await import('./cluster-place.ts');
    const { home, cwd, version, say } = around;
    const [common, images] = await Promise.all([openCommon(), openImages(options)]);
    const stateDir = stateFolder(options);
    return openClusterPlace({
      ...{
        packageRoot,
        stateDir,
        home,
        cwd,
        env,
        version,
        cluster,
        common,
        images,
        hub: openHub,
        objects: openObjects,
        say,
      },
      ...(options.maxOffline === undefined ? {} : { maxOffline: options.maxOffline }),
    });
  }

  async function openCluster(options: PlaceOptions, cluster: ClusterOptions): Promise<Deps> {
    const stateDir = stateFolder(options);
    const { deps, where } = await openPlace(options, cluster);
    const [{ KnownPlaces }, { notingStore }] = await Promise.all([
      import('./adapters/sqlite/known-places.ts'),
      import('./adapters/sqlite/noting-store.ts'),
    ]);
    const kubeconfig = cluster.kubeconfig === undefined ? {} : { kubeconfig: resolve(cluster.kubeconfig) };
    const here = { kind: 'kubernetes', ...where, ...kubeconfig } as const;
    return { ...deps, store: notingStore(deps.store, new KnownPlaces(stateDir), here) };
  }

  async function openHub(): Promise<ModelHub> {
    const [{ createHuggingFaceHub }, { systemClock }] = await Promise.all([
      import('./adapters/huggingface/model-hub.ts'),
      import('./adapters/clock/system-clock.ts'),
    ]);
    const { HF_ENDPOINT, HF_TOKEN } = env;
    const options = {
      ...(HF_ENDPOINT === undefined ? {} : { endpoint: HF_ENDPOINT }),
      ...(HF_TOKEN === undefined ? {} : { token: HF_TOKEN }),
    };
    return createHuggingFaceHub(options, systemClock);
  }

  async function openObjects(): Promise<ObjectSources> {
    const { createObjectSources } = await import('./adapters/s3/object-sources.ts');
    return createObjectSources(await openStorageHere());
  }

  async function openStorageHere(): Promise<StorageHere> {
    const { systemClock } = await import('./adapters/clock/system-clock.ts');
    return { env, readFile: (path) => readFileSync(path, 'utf8'), clock: systemClock, say: around.say };
  }

  async function openImages(options: PlaceOptions): Promise<OpenImages> {
    const { home, cwd } = around;
    const projectDir = projectFolder(options);
    const images = await import('./open-images.ts');
    return images.openImages({ packageRoot, home, cwd, env, projectDir, stateDir: stateFolder(options) });
  }

  /** For a cluster nothing but its names is needed. */
  async function openPlanTarget(options: PlaceOptions, target: 'local' | 'kubernetes'): Promise<PlanTarget> {
    if (target === 'local') return (await openProcesses(options)).target;
    const { createKubernetesPlanTarget } = await import('./adapters/kubernetes/plan-target.ts');
    const program = env['ILAB_BACKEND_IMAGE'];
    return createKubernetesPlanTarget({
      ...(await openImages(options)),
      ...(program === undefined ? {} : { program }),
    });
  }

  return {
    stateFolder,
    openPlanTarget,
    openImages,
    openArchive: async (pod) => {
      const { openObjectArchive } = await import('./adapters/s3/object-archive.ts');
      return openObjectArchive(pod, await openStorageHere());
    },
    openDeps: (options) => (options.cluster === undefined ? openLocal(options) : openCluster(options, options.cluster)),
    openPlanDeps: async (options, target) => {
      if (options.cluster !== undefined) return openCluster(options, options.cluster);
      const deps = await openLocal(options);
      return target === 'local' ? deps : { ...deps, target: await openPlanTarget(options, target) };
    },
    nodeGpus: async (options, signal) => (await openPlace(options, options.cluster ?? {})).nodeGpus(signal),
    secretKeys: (options) => async (name, signal) =>
      (await openPlace(options, options.cluster ?? {})).secretKeys(name, signal),
    openDoctor: async (options, needs, from) => (await openPlace(options, options.cluster ?? {})).doctor(needs, from),
    namedRuns: async (options) => {
      if (options.cluster === undefined) {
        const { storedRuns } = await import('./adapters/sqlite/stored-runs.ts');
        return storedRuns(stateFolder(options)).map(named);
      }
      const { deps } = await openPlace(options, options.cluster);
      return deps.store.listAs(({ record }) => named(record));
    },
    placeOfRun: async (options, run) => {
      const { KnownPlaces } = await import('./adapters/sqlite/known-places.ts');
      const found = new KnownPlaces(stateFolder(options)).find(run);
      if (found === undefined) return undefined;
      const { context, namespace, kubeconfig } = found;
      const named = context === 'in-cluster' ? {} : { context };
      return { ...named, namespace, ...(kubeconfig === undefined ? {} : { kubeconfig }) };
    },
  };
}

function named({ name, pipeline, createdAt, stages }: RunRecord): NamedRun {
  return { name, pipeline: pipeline.name, created: createdAt, stages: stages.map((stage) => stage.name) };
}

/** Loaded at its first use: whoever only looks at runs needs no data from outside. */
function lateSourceStore(options: SourceStoreOptions): SourceStore {
  const open = async (): Promise<SourceStore> =>
    (await import('./adapters/sources/source-store.ts')).createSourceStore(options);
  return {
    pin: async (request, signal, pod) => (await open()).pin(request, signal, pod),
    place: async (source, request, options_) => (await open()).place(source, request, options_),
    placed: async () => (await open()).placed(),
    free: async (folders, isNamed, options_) => (await open()).free(folders, isNamed, options_),
  };
}

/** Inside a container the user id may have no name; who started the driver then says so. */
function whoAmI(env: Surroundings['env']): Identity {
  return { user: env['ILAB_BACKEND_USER'] ?? userName(), host: hostname(), pid: process.pid };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
