import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../domain/image/image-name.ts';
import type { ImageEngine } from '../../domain/image/image-record.ts';
import type { BuildRequest, ImageBuilder, Say, StoredImage } from '../../ports/image-builder.ts';
import { removeTree } from '../files/remove-tree.ts';
import { settleEnvironment } from './engine-environment.ts';
import { askEngine, type EngineHost, runEngine } from './engine-process.ts';
import { siteSecrets } from './site-secrets.ts';
import { parseStoredImage } from './stored-image.ts';

export interface ContainerEngineOptions {
  readonly engine: ImageEngine;
  /** The caller's environment: the engine's own settings, proxies, pip's settings. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** buildah, podman or docker, by their command lines. What differs between them is here and nowhere else. */
export function createContainerEngine({ engine, env, home }: ContainerEngineOptions): ImageBuilder {
  let settled: Promise<EngineHost> | undefined;
  const hostFor = (signal: AbortSignal): Promise<EngineHost> => {
    settled ??= settleEnvironment(engine, env, signal);
    return settled;
  };
  const find = async (reference: string, signal: AbortSignal): Promise<StoredImage | undefined> => {
    const said = await askEngine(await hostFor(signal), [...LOOK[engine], reference], signal);
    return said === undefined ? undefined : parseStoredImage(said);
  };

  return {
    engine,
    find,

    async build(request, say, signal) {
      const secrets = siteSecrets({ env, home });
      try {
        const failure = `${request.reference} cannot be built`;
        await runEngine(await hostFor(signal), buildArguments(engine, request, secrets.flags), {
          failure,
          say,
          signal,
        });
      } finally {
        secrets.remove();
      }
      const made = await find(request.reference, signal);
      if (made === undefined) throw new Error(`${engine} says it built ${request.reference} and does not know it`);
      return made;
    },

    async push(reference, to, say, signal) {
      const host = await hostFor(signal);
      const call = { failure: `${reference} cannot be pushed to ${to}`, say, signal };
      if (engine === 'docker') return dockerPush(host, reference, to, call);
      const folder = mkdtempSync(join(tmpdir(), 'ilab-backend-push-'));
      try {
        const file = join(folder, 'digest');
        await runEngine(host, ['push', '--digestfile', file, reference, `docker://${to}`], call);
        return byDigest(to, readFileSync(file, 'utf8').trim());
      } finally {
        removeTree(folder);
      }
    },

    async save(reference, file, say, signal) {
      const temporary = `${file}.${process.pid}.tmp`;
      rmSync(temporary, { force: true }); // engines add to an archive that is there, or refuse it
      try {
        const args =
          engine === 'docker'
            ? ['save', '--output', temporary, reference]
            : ['push', reference, `docker-archive:${temporary}:${reference}`];
        await runEngine(await hostFor(signal), args, {
          failure: `${reference} cannot be written to ${file}`,
          say,
          signal,
        });
        renameSync(temporary, file);
      } finally {
        rmSync(temporary, { force: true });
      }
    },
  };
}

const LOOK = {
  buildah: ['images', '--no-trunc', '--json'],
  podman: ['image', 'inspect'],
  docker: ['image', 'inspect'],
} as const satisfies Record<ImageEngine, readonly string[]>;

function buildArguments(engine: ImageEngine, request: BuildRequest, secrets: readonly string[]): readonly string[] {
  const { reference, context, base, args, labels } = request;
  return [
    'build',
    // Steps that images have in common are made once; only buildah has to be asked.
    ...(engine === 'buildah' ? ['--layers'] : []),
    ...secrets,
    ...(base === undefined ? [] : ['--build-arg', `BASE=${base}`]),
    ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    '--file',
    context.containerfile,
    '--tag',
    reference,
    context.folder,
  ];
}

async function dockerPush(
  host: EngineHost,
  reference: string,
  to: string,
  call: { readonly failure: string; readonly say: Say; readonly signal: AbortSignal },
): Promise<string> {
  await runEngine(host, ['tag', reference, to], call);
  const said = await runEngine(host, ['push', to], call);
  return byDigest(to, /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? '');
}

function byDigest(to: string, digest: string): string {
  const reference = `${to.replace(/:[^/:]+$/, '')}@${digest}`;
  if (digestOf(reference) === undefined) throw new Error(`the registry gave ${to} no digest`);
  return reference;
}
