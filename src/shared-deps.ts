import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Deps, Identity } from './actions/deps.ts';
import type { OpenImages } from './actions/images/image-job.ts';
import type { StorageHere } from './adapters/s3/storage-here.ts';
import type { ObjectSources } from './adapters/sources/pin-source.ts';
import type { PlaceOptions } from './cli/context.ts';
import type { ModelHub } from './ports/model-hub.ts';
import { projectFolder, type Surroundings, stateFolder } from './surroundings.ts';

/** What the actions get in every place. */
export type CommonDeps = Pick<Deps, 'openPipeline' | 'openNotifier' | 'clock' | 'who' | 'newId'>;

/** The parts that do not depend on where runs live. */
export async function openCommon(around: Surroundings): Promise<CommonDeps> {
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
    who: whoAmI(around.env),
    newId: () => crypto.randomUUID(), // the global: node:crypto costs every start 5 ms
  };
}

/** The hub that data comes from, as HF_ENDPOINT and HF_TOKEN name it. */
export async function openHub({ env }: Surroundings): Promise<ModelHub> {
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

/** Object storage as a source of data. */
export async function openObjects(around: Surroundings): Promise<ObjectSources> {
  const { createObjectSources } = await import('./adapters/s3/object-sources.ts');
  return createObjectSources(await openStorageHere(around));
}

/** Object storage as it is reached from this machine. */
export async function openStorageHere({ env, say }: Surroundings): Promise<StorageHere> {
  const { systemClock } = await import('./adapters/clock/system-clock.ts');
  return { env, readFile: (path) => readFileSync(path, 'utf8'), clock: systemClock, say };
}

/** The images of stages: what they are made from, and what is known of those that are made. */
export async function openImages(around: Surroundings, options: PlaceOptions): Promise<OpenImages> {
  const { packageRoot, home, cwd, env } = around;
  const images = await import('./open-images.ts');
  return images.openImages({
    ...{ packageRoot, home, cwd, env },
    projectDir: projectFolder(around, options),
    stateDir: stateFolder(around, options),
  });
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
