import type { ImageEngine } from '../../domain/image/image-record.ts';
import { findOnPath } from '../files/find-on-path.ts';
import { askEngine, type EngineHost } from './engine-process.ts';

/** What buildah runs the steps of a build with, unless it is told not to. */
const RUNTIMES = ['crun', 'runc'];

/**
 * The environment an engine is called with: the caller's, and what this machine needs where the caller says nothing.
 * Whatever they set for the engine themselves (`BUILDAH_*`, `STORAGE_*`, `DOCKER_*`, `CONTAINER_*`) stays.
 */
export async function settleEnvironment(
  engine: ImageEngine,
  env: EngineHost['env'],
  signal: AbortSignal,
): Promise<EngineHost> {
  // BuildKit is what gives docker secrets for a build; older versions have it and do not use it by themselves.
  if (engine === 'docker') return { program: engine, env: { DOCKER_BUILDKIT: '1', ...env } };
  if (engine === 'podman') return { program: engine, env };
  const hasRuntime = RUNTIMES.some((name) => findOnPath(name, env['PATH'] ?? '') !== undefined);
  const isolated = hasRuntime ? env : { BUILDAH_ISOLATION: 'chroot', ...env };
  if (env['STORAGE_DRIVER'] !== undefined) return { program: engine, env: isolated };
  const host: EngineHost = { program: engine, env: isolated };
  if ((await askEngine(host, ['info'], signal)) !== undefined) return host;
  // No overlay in this kernel or file system: slower, and it works anywhere.
  const plain: EngineHost = { program: engine, env: { ...isolated, STORAGE_DRIVER: 'vfs' } };
  return (await askEngine(plain, ['info'], signal)) === undefined ? host : plain;
}
