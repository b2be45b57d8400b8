import { join } from 'node:path';
import type { Deps } from './actions/deps.ts';
import type { SourceStoreOptions } from './adapters/sources/source-store.ts';
import type { PlaceOptions } from './cli/context.ts';
import type { SourceStore } from './ports/source-store.ts';
import { openCommon, openHub, openObjects } from './shared-deps.ts';
import { projectFolder, type Surroundings, stateFolder } from './surroundings.ts';

/** This machine as a place where runs live. */
export async function openLocalPlace(around: Surroundings, options: PlaceOptions): Promise<Deps> {
  const [common, { SqliteRunStore }, { target, artifacts, workspace }, { driverProcesses }] = await Promise.all([
    openCommon(around),
    import('./adapters/sqlite/run-store.ts'),
    openProcesses(around, options),
    import('./adapters/process/driver-processes.ts'),
  ]);
  const stateDir = stateFolder(around, options);
  return {
    ...common,
    store: new SqliteRunStore(stateDir),
    target,
    artifacts,
    drivers: driverProcesses({ command: around.command, stateDir, projectDir: projectFolder(around, options) }),
    sources: lateSourceStore({
      workspace,
      cwd: around.cwd,
      hub: () => openHub(around),
      objects: () => openObjects(around),
    }),
  };
}

/** Stages as processes of this machine; opens no record of runs. */
export async function openProcesses(around: Surroundings, options: PlaceOptions) {
  const { createProcessTarget } = await import('./adapters/process/process-target.ts');
  const { packageRoot, env } = around;
  return createProcessTarget({
    stateDir: stateFolder(around, options),
    packageRoot,
    projectDir: projectFolder(around, options),
    nodePath: process.execPath,
    supervisorEntry: join(packageRoot, 'dist', 'supervisor.js'),
    env,
  });
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
