import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { ImageLoader } from '../../ports/image-builder.ts';
import { findOnPath } from '../files/find-on-path.ts';
import { makeFolder } from '../files/make-folder.ts';
import { removeTree } from '../files/remove-tree.ts';
import { runEngine } from './engine-process.ts';

export interface ImageLoaderOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `kind`, `kind:NAME` or `archive:DIR`. Throws `bad-usage` for anything else. */
export function createImageLoader(to: string, { cwd, env }: ImageLoaderOptions): ImageLoader {
  const [kind, name] = splitOnce(to, ':');
  if (kind === 'kind' && name !== '') return kindLoader(to, name, env);
  if (kind === 'archive' && name !== undefined && name !== '') return archiveLoader(to, resolve(cwd, name));
  throw new UserError('bad-usage', `--load ${to}: images can be loaded into kind, kind:NAME or archive:DIR`);
}

/** One archive an image, named by its content tag: what is there needs not be written again. */
function archiveLoader(to: string, folder: string): ImageLoader {
  const place = (reference: string): string => join(folder, archiveName(reference));
  return {
    to,
    has: (reference) => existsSync(place(reference)),
    async load(reference, builder, say, signal) {
      makeFolder(folder, 0o777);
      await builder.save(reference, place(reference), say, signal);
    },
  };
}

/** `ilab-backend/train-mlx:src-0123` -> `train-mlx-src-0123.tar`. */
function archiveName(reference: string): string {
  return `${reference.slice(reference.lastIndexOf('/') + 1).replace(':', '-')}.tar`;
}

/** kind has to be asked each time: its nodes may be new. */
function kindLoader(to: string, name: string | undefined, env: ImageLoaderOptions['env']): ImageLoader {
  return {
    to,
    has: () => false,
    async load(reference, builder, say, signal) {
      if (findOnPath('kind', env['PATH'] ?? '') === undefined) {
        throw new UserError('cannot-start', 'kind is not on the PATH', {
          hint: 'install kind, or use `--load archive:DIR` and bring the archives to the nodes yourself',
        });
      }
      const folder = mkdtempSync(join(tmpdir(), 'ilab-backend-load-'));
      try {
        const file = join(folder, archiveName(reference));
        await builder.save(reference, file, say, signal);
        const args = ['load', 'image-archive', file, ...(name === undefined ? [] : ['--name', name])];
        const failure = `${reference} cannot be loaded into ${to}`;
        await runEngine({ program: 'kind', env }, args, { failure, say, signal });
      } finally {
        removeTree(folder);
      }
    },
  };
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
