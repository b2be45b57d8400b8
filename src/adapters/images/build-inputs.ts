import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { contentReference, PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { BuildContext, ImageSource, ImageSources } from '../../ports/image-builder.ts';
import { removeTree } from '../files/remove-tree.ts';
import { filesBelow, hashFiles, isExecutable, readImageFolder } from './image-folder.ts';

/*
 * What an image is built from: the same files that stand for it on the local target, and its Containerfile. They are
 * laid out by themselves, so a Containerfile can copy nothing that is not in the name of the image. Base images and
 * what the package installer fetches are not in the hash: the one is a setting of the machine that builds (a mirror, a
 * distribution), the other is fixed by the hashes of the lock file. Who needs the base fixed too pushes: a digest names all.
 */

const CONTAINERFILE = 'Containerfile';
const PROGRAM_CONTAINERFILE = 'images/program/Containerfile';
/** What the program needs of its package at run time. */
const PROGRAM_PARTS = ['bin', 'dist', 'templates', 'stages', 'package.json', 'LICENSE'];
/** The files of the newest build of dist/; those of older builds lie beside them for a while. */
const DIST_OUTPUTS = 'dist/.outputs';
/** After 1980, before which archives of some kinds cannot go. */
const FIXED_TIME = new Date('2000-01-01T00:00:00Z');

export interface BuildInputsOptions {
  /** Where `stages/` is looked for, in this order: the project, the package. */
  readonly roots: readonly string[];
  readonly packageRoot: string;
}

/** Path in the build's folder -> file on this machine; the Containerfile is one of them. */
type Files = ReadonlyMap<string, string>;

/** Reads the folder of an image at each call. Throws `cannot-start` where its files changed between `read` and `layOut`. */
export function createImageSources({ roots, packageRoot }: BuildInputsOptions): ImageSources {
  const filesOf = (image: string): Files =>
    image === PROGRAM_IMAGE ? programFiles(packageRoot) : stageFiles(roots, image);
  return {
    read(image) {
      const files = filesOf(image);
      const identity = `sha256:${hashFiles(files)}`;
      const asked = askedFor(readFileSync(files.get(CONTAINERFILE) as string, 'utf8'));
      return { image, identity, reference: contentReference(image, identity), ...asked };
    },
    layOut(source) {
      const files = filesOf(source.image);
      if (`sha256:${hashFiles(files)}` !== source.identity) {
        throw new UserError('cannot-start', `the files of ${source.image} changed while they were read`, {
          hint: 'try again when nobody writes to them',
        });
      }
      return layOut(files);
    },
  };
}

function stageFiles(roots: readonly string[], image: string): Files {
  const { files } = readImageFolder(roots, image);
  const folder = posix.join(...image.split('/').slice(1));
  const root = roots.find((candidate) => existsSync(join(candidate, image))) as string;
  const all = new Map<string, string>();
  for (const [path, file] of files) all.set(path.startsWith('_lib/') ? path : posix.join(folder, path), file);
  all.set(CONTAINERFILE, containerfile(join(root, image, CONTAINERFILE), image));
  return all;
}

/** The program as it was built, and what it needs to tell the names of images: their Containerfiles too. */
function programFiles(packageRoot: string): Files {
  const all = new Map<string, string>();
  const outputs = join(packageRoot, DIST_OUTPUTS);
  const built = existsSync(outputs) ? new Set(readFileSync(outputs, 'utf8').split('\n')) : undefined;
  for (const part of PROGRAM_PARTS) {
    const place = join(packageRoot, part);
    if (!existsSync(place))
      throw new UserError('cannot-start', `${place} is not there`, { hint: 'build the program first' });
    for (const path of filesBelow(place)) {
      if (part === 'dist' && built !== undefined && !built.has(path)) continue;
      all.set(posix.join(part, path), join(place, path));
    }
  }
  for (const path of [...all.keys()].filter((name) => /^stages\/[^_/][^/]*\/[^/]+\/bin\//.test(name))) {
    const name = posix.join(path.split('/').slice(0, 3).join('/'), CONTAINERFILE);
    if (existsSync(join(packageRoot, name))) all.set(name, join(packageRoot, name));
  }
  // Twice: to build by, and for a driver in a pod, which has to name its own image.
  for (const name of [CONTAINERFILE, PROGRAM_CONTAINERFILE]) {
    all.set(name, containerfile(join(packageRoot, PROGRAM_CONTAINERFILE), PROGRAM_IMAGE));
  }
  return all;
}

function containerfile(path: string, image: string): string {
  if (existsSync(path) && statSync(path).isFile()) return path;
  throw new UserError('bad-pipeline', `image ${image}: there is no ${path}`, {
    hint: 'stages/README.md says what a Containerfile looks like; or name an image of your own under `images:`',
  });
}

/** What a Containerfile lets others choose. */
function askedFor(text: string): Pick<ImageSource, 'base' | 'args'> {
  const base = /^ARG BASE=(\S+)/m.exec(text)?.[1];
  const names = [...text.matchAll(/^ARG ([A-Za-z_]\w*)/gm)].map(([, name = '']) => name);
  const args = [...new Set(names)].filter((name) => name !== 'BASE');
  return { ...(base === undefined ? {} : { base }), args };
}

/** Modes and times are fixed: an image must not differ by who checked the files out. */
function layOut(files: Files): BuildContext {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-backend-image-'));
  mkdirSync(join(folder, '_lib')); // a Containerfile may copy it whether the engine shares anything or not
  for (const [path, source] of files) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(source, place);
    chmodSync(place, isExecutable(source) ? 0o755 : 0o644);
    utimesSync(place, FIXED_TIME, FIXED_TIME);
  }
  return { folder, containerfile: join(folder, CONTAINERFILE), remove: () => removeTree(folder) };
}
