import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { ImageIdentity, ImageRef, Installation } from '../../ports/target.ts';
import { removeTree } from '../files/remove-tree.ts';
import { copyImage, findFolder, LOCK_FILE, readImageFolder, SHARED } from '../images/image-folder.ts';
import { hasCuda, readEngineLock } from './engine-lock.ts';
import { checkEngineProgram } from './engine-program.ts';
import type { PythonHost } from './python-venv.ts';

export interface EnvironmentsOptions {
  readonly stateDir: string;
  /** Where `stages/` is looked for, in this order: the project, the package. */
  readonly roots: readonly string[];
  /** What the image of this program stands for. */
  readonly program: { readonly nodePath: string; readonly dist: string };
  /** The caller's environment, for the installer: proxies, package indexes. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  /** Whether environments are made for a GPU; without it what this machine has. */
  readonly cuda?: boolean;
}

/** What stands for container images on this machine: folders below `<state>/envs`, kept by the hash of their content. */
export interface Environments {
  /** Throws `bad-pipeline` for a folder that is not there. A name that is no folder of ours is an image of a registry. */
  identify(image: string): ImageIdentity;
  /** Throws `bad-pipeline` for a program of its folder that cannot be started. */
  checkProgram(image: ImageRef, program: string): void;
  /** Makes an image ready. Throws `cannot-start`. */
  prepare(image: ImageIdentity, say: (message: string) => void, signal: AbortSignal): Promise<void>;
  /** What `prepare` would install; it looks for a Python, and makes nothing. */
  toInstall(image: ImageIdentity): Promise<Installation | undefined>;
  /** The folders that come first on PATH for an image that was prepared. Throws `cannot-start` when it was not. */
  bin(image: ImageIdentity): readonly string[];
}

/** Makes nothing until `prepare` is called. */
export function createEnvironments(options: EnvironmentsOptions): Environments {
  const envs = join(options.stateDir, 'envs');
  const host: PythonHost = { envs, hostEnv: options.hostEnv };
  const cuda = options.cuda ?? hasCuda();
  const place = ({ identity }: ImageIdentity): string =>
    join(envs, `image-${identity.replace(/^sha256:/, '').slice(0, 20)}`);

  const programs = join(envs, 'program', 'bin');

  return {
    identify(image) {
      if (image === PROGRAM_IMAGE) return { reference: image, folder: image, identity: image };
      if (!image.startsWith('stages/')) return { reference: image, identity: image };
      const { identity } = readImageFolder(options.roots, image);
      return { reference: image, folder: image, identity: `sha256:${identity}` };
    },

    checkProgram({ folder }, program) {
      if (folder?.startsWith('stages/')) checkEngineProgram(options.roots, folder, program);
    },

    async prepare(image, say, signal) {
      if (image.folder === undefined) return;
      if (image.folder === PROGRAM_IMAGE) return makePrograms(programs, options.program);
      const path = place(image);
      // What is there is kept: a run goes on with what it was planned with, whatever became of the folder since.
      if (!existsSync(path)) copy(options.roots, { ...image, folder: image.folder }, path);
      if (isReady(path)) return;
      const { prepareVenv } = await import('./python-venv.ts');
      const lock = readEngineLock(image.folder, path, join(path, SHARED), cuda);
      linkVenv(path, await prepareVenv(host, lock, say, signal));
    },

    async toInstall(image) {
      const { folder } = image;
      const path = place(image);
      if (folder === undefined || folder === PROGRAM_IMAGE || isReady(path)) return undefined;
      const isCopied = existsSync(path);
      const source = isCopied ? path : findFolder(options.roots, folder);
      if (!existsSync(join(source, LOCK_FILE))) return undefined;
      const shared = isCopied ? join(path, SHARED) : join(dirname(dirname(source)), SHARED);
      const { missingVenv } = await import('./python-venv.ts');
      return missingVenv(host, readEngineLock(folder, source, shared, cuda));
    },

    bin(image) {
      if (image.folder === PROGRAM_IMAGE) return [programs];
      const path = place(image);
      if (!isReady(path)) throw new UserError('cannot-start', `the environment of ${image.reference} is not made yet`);
      // A link to the python of a virtual environment is not a python of that environment: its own folder comes second.
      return [join(path, 'bin'), ...(existsSync(join(path, LOCK_FILE)) ? [join(path, VENV, 'bin')] : [])];
    },
  };
}

/** What the image of this program has on its PATH (images/program/Containerfile), and the file of `dist/` behind each. */
const PROGRAMS = { 'ilab-store': 'store.js', 'ilab-publish': 'publication.js' };

/** What containers call in the image of this program, run by the Node that runs us. */
function makePrograms(folder: string, { nodePath, dist }: EnvironmentsOptions['program']): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, file] of Object.entries(PROGRAMS)) {
    const command = [nodePath, join(dist, file)];
    const quoted = command.map((path) => `'${path.replaceAll("'", `'\\''`)}'`).join(' ');
    const temporary = join(folder, `.${randomUUID()}.tmp`);
    writeFileSync(temporary, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o700 });
    renameSync(temporary, join(folder, name));
  }
}

/** The link to the packages of an image. */
const VENV = '.venv';

function isReady(path: string): boolean {
  return existsSync(path) && (!existsSync(join(path, LOCK_FILE)) || existsSync(join(path, VENV, 'bin', 'python')));
}

/** Copies under another name first: whoever dies leaves nothing half-made, and two that copy do not meet. */
function copy(roots: readonly string[], image: ImageIdentity & { readonly folder: string }, path: string): void {
  const folder = readImageFolder(roots, image.folder);
  if (`sha256:${folder.identity}` !== image.identity) {
    throw new UserError('cannot-start', `the files of ${image.folder} changed since the run was planned`, {
      hint: 'put them back, or start a new run',
    });
  }
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    copyImage(folder, temporary);
    renameSync(temporary, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    removeTree(temporary);
  }
}

function linkVenv(path: string, venv: string): void {
  const temporary = join(path, `${VENV}.${randomUUID()}.tmp`);
  symlinkSync(venv, temporary);
  renameSync(temporary, join(path, VENV));
}
