import { resolve } from 'node:path';
import type { CliContext } from './cli/context.ts';
import { shortenHome } from './cli/report-error.ts';
import type { Finding } from './domain/diagnosis/finding.ts';
import type { Places } from './places.ts';
import type { Endpoint } from './ports/doctor.ts';
import type { Surroundings } from './surroundings.ts';

type MachineContext = Pick<
  CliContext,
  | 'writeFile'
  | 'writeFiles'
  | 'openOnDesktop'
  | 'openDownloadFolder'
  | 'verifyModel'
  | 'examine'
  | 'probe'
  | 'openDestinations'
  | 'openNotifier'
  | 'openMask'
>;

/** What commands ask of this machine, and of what is reached from it without a run. */
export function machineContext(
  around: Surroundings,
  { stateFolder, secretKeys }: Pick<Places, 'stateFolder' | 'secretKeys'>,
): MachineContext {
  const { env, home, cwd, version } = around;
  return {
    writeFile: async (path, text) => {
      const { writePrivateFile } = await import('./adapters/files/write-files.ts');
      await writePrivateFile(resolve(path), text);
    },
    writeFiles: async (folder, files, options) =>
      (await import('./adapters/files/write-files.ts')).writeFiles(resolve(folder), files, options),
    openOnDesktop: async (file) =>
      (await import('./adapters/machine/open-on-desktop.ts')).openOnDesktop(file, env, process.platform),
    openDownloadFolder: async (folder) =>
      (await import('./adapters/files/disk-download-folder.ts')).diskDownloadFolder(resolve(folder)),
    verifyModel: async (location, signal) => {
      const [{ openModel }, { verifyModel }] = await Promise.all([
        import('./open-model.ts'),
        import('./actions/verify-model.ts'),
      ]);
      return verifyModel(await openModel(location, { cwd, env, say: around.say }), location, signal);
    },
    examine: (options, signal) => examine(stateFolder(options), env['PATH'] ?? '', signal),
    probe,
    openDestinations: async (options) => {
      const { openDestinations } = await import('./open-destinations.ts');
      return openDestinations(env, options?.cluster === undefined ? undefined : secretKeys(options));
    },
    openNotifier: async (settings) => (await import('./open-notifier.ts')).openNotifier(settings, { env, version }),
    openMask: async ({ cluster }, { named, references }) => {
      const { maskKnownSecrets, readSecretFile } = await import('./adapters/machine/known-secrets.ts');
      const kubeconfig = cluster?.kubeconfig === undefined ? {} : { kubeconfig: cluster.kubeconfig };
      const referred = references.map(({ kind, key }) => (kind === 'env' ? (env[key] ?? '') : readSecretFile(key)));
      const mask = maskKnownSecrets({ env, ...kubeconfig }, [...named, ...referred]);
      return (text) => shortenHome(mask(text), home);
    },
  };
}

async function* examine(stateDir: string, path: string, signal: AbortSignal): AsyncIterable<Finding> {
  const { createMachineDoctor } = await import('./adapters/machine/doctor.ts');
  yield* createMachineDoctor({ stateDir, path }).examine(signal);
}

async function* probe(endpoints: readonly Endpoint[], signal: AbortSignal): AsyncIterable<Finding> {
  const { createEndpointDoctor } = await import('./adapters/machine/endpoint-doctor.ts');
  yield* createEndpointDoctor(endpoints).examine(signal);
}
