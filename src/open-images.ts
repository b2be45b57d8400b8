import type { OpenImages } from './actions/images/image-job.ts';
import { UserError } from './domain/errors.ts';
import { IMAGE_ENGINES, type ImageEngine } from './domain/image/image-record.ts';

export interface ImageSurroundings {
  readonly packageRoot: string;
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly projectDir: string;
  readonly stateDir: string;
}

/** Put together here, like the places of runs in places.ts: images are made from the engines of the project and of the package, and remembered in the state folder. */
export async function openImages(around: ImageSurroundings): Promise<OpenImages> {
  const { packageRoot, env, cwd, home, projectDir, stateDir } = around;
  const [{ createImageSources }, { createImageRecords }, { systemClock }] = await Promise.all([
    import('./adapters/images/build-inputs.ts'),
    import('./adapters/images/image-records.ts'),
    import('./adapters/clock/system-clock.ts'),
  ]);
  return {
    sources: createImageSources({ roots: [projectDir, packageRoot], packageRoot }),
    records: createImageRecords(stateDir),
    clock: systemClock,
    // Loaded when images are made: every command that is about a cluster asks what they are called.
    engine: async (name) => {
      const [{ createContainerEngine }, { findOnPath }] = await Promise.all([
        import('./adapters/images/container-engine.ts'),
        import('./adapters/files/find-on-path.ts'),
      ]);
      const isThere = (engine: ImageEngine): boolean => findOnPath(engine, env['PATH'] ?? '') !== undefined;
      const engine = name ?? IMAGE_ENGINES.find(isThere);
      if (engine !== undefined && isThere(engine)) return createContainerEngine({ engine, env, home });
      const all = `${IMAGE_ENGINES.slice(0, -1).join(', ')} or ${IMAGE_ENGINES.at(-1)}`;
      throw new UserError('cannot-start', `${engine ?? 'no engine that builds images'} is not on the PATH`, {
        hint: `install ${all}, or choose another with \`--engine\``,
      });
    },
    loader: async (to) => (await import('./adapters/images/image-loader.ts')).createImageLoader(to, { cwd, env }),
  };
}
