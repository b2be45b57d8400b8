import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { UserError } from '../../domain/errors.ts';

/** What no container of an image needs: a change of it does not make another image. */
const LEFT_OUT = /^(tests|__pycache__|Containerfile|Dockerfile|\..*|.*\.pyc|.*\.md)$/;
/** What all engines share, beside the stages. */
export const SHARED = '_lib';
/** The Python packages of an engine, each with its hashes. */
export const LOCK_FILE = 'requirements.lock';

/** The files an image of ours is made of. */
export interface ImageFolder {
  /** `stages/<stage>/<engine>`. */
  readonly name: string;
  /** Path inside the image -> file on this machine. Parts of `_lib` are there when a file names them. */
  readonly files: ReadonlyMap<string, string>;
  /** SHA-256 over paths, contents and what can be executed. */
  readonly identity: string;
}

/** Reads the folder of an image. Throws `bad-pipeline` when it is not there or holds no program. */
export function readImageFolder(roots: readonly string[], image: string): ImageFolder {
  const folder = findFolder(roots, image);
  const files = new Map<string, string>();
  for (const path of filesBelow(folder)) files.set(path, join(folder, path));
  if (![...files.keys()].some((path) => path.startsWith('bin/'))) {
    throw new UserError('bad-pipeline', `image ${image}: ${folder} has no folder bin/ with the programs of the engine`);
  }
  for (const [path, file] of sharedFiles([...files.values()], join(dirname(dirname(folder)), SHARED)))
    files.set(path, file);
  return { name: image, files, identity: hashFiles(files) };
}

/** Copies the files into an empty folder; modes are kept as far as they say what can be executed. */
export function copyImage(image: ImageFolder, target: string): void {
  for (const [path, source] of image.files) {
    const place = join(target, path);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(source, place);
  }
}

/** Where the folder of an image lies. Throws `bad-pipeline` when it is not there. */
export function findFolder(roots: readonly string[], image: string): string {
  const inside = /^stages\/[^/]+\/[^/]+$/.test(image) && posix.normalize(image) === image;
  if (!inside)
    throw new UserError('bad-pipeline', `image ${image}: a folder of ours is called stages/<stage>/<engine>`);
  const found = roots.map((root) => join(root, image)).find((path) => existsSync(path));
  if (found !== undefined && statSync(found).isDirectory()) return found;
  throw new UserError('bad-pipeline', `image ${image}: there is no such folder in ${roots.join(' or ')}`);
}

/** Each part of `shared` that the files, or parts found already, mention as a word: path inside the image -> file. */
export function sharedFiles(files: readonly string[], shared: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const parts = existsSync(shared) ? readdirSync(shared).filter((part) => !LEFT_OUT.test(part)) : [];
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const words = new Set(readFileSync(file, 'utf8').split(/[^A-Za-z0-9_]+/));
    for (const part of parts.splice(0)) {
      if (!words.has(part)) {
        parts.push(part);
        continue;
      }
      for (const path of filesBelow(join(shared, part))) {
        const source = join(shared, part, path);
        found.set(posix.join(SHARED, part, path), source);
        waiting.push(source);
      }
    }
  }
  return found;
}

/** SHA-256 in hex over paths (the keys), contents and what can be executed; the same on each machine. */
export function hashFiles(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const path of [...files.keys()].sort()) {
    const source = files.get(path) as string;
    const content = createHash('sha256').update(readFileSync(source)).digest('hex');
    hash.update(`${content} ${isExecutable(source) ? 'x' : '-'} ${path}\n`);
  }
  return hash.digest('hex');
}

/** Only the owner's bit counts: the others are a matter of how a tree was checked out. */
export function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}

/** Files below a folder that an image needs, relative, sorted; a link is followed to a file and never to a folder. */
export function filesBelow(folder: string, prefix = ''): readonly string[] {
  if (!lstatSync(folder).isDirectory()) return [''];
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(prefix, entry.name);
      if (entry.isDirectory()) return filesBelow(folder, path);
      return statSync(join(folder, path)).isFile() ? [path] : [];
    });
}
