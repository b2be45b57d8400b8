import { chmodSync, lstatSync, mkdirSync, readlinkSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeBytes } from '../../files/durable-file.ts';
import { removeTree } from '../../files/remove-tree.ts';
import type { AttemptFolder } from '../attempt-folder.ts';
import type { ContentItem } from '../attempt-spec.ts';

/** An input that should lie in the workspace does not. */
export class MissingInput extends Error {
  override readonly name = 'MissingInput';
}

/** Makes the folders an attempt works in. Bears repetition: what is there already stays. */
export function layOut(folder: AttemptFolder, items: readonly ContentItem[]): void {
  for (const path of [folder.content, folder.home, folder.logs, folder.runtime]) makeFolder(path);
  for (const item of items) {
    const path = join(folder.content, item.path);
    makeFolder(dirname(path));
    switch (item.kind) {
      case 'folder':
        makeFolder(path);
        break;
      case 'file':
        placeFile(path, item);
        break;
      case 'link':
        placeLink(path, item);
        break;
    }
  }
}

/** The attempt's $TMPDIR. A stranger's folder of that name is not used. */
export function makeTmp(folder: AttemptFolder): string {
  const path = folder.tmp(tmpdir());
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stat = lstatSync(path);
  if (stat.isDirectory() && stat.uid === process.getuid?.()) return path;
  const own = join(folder.root, 'tmp');
  makeFolder(own);
  return own;
}

/** Takes away what only a running attempt needs. */
export function clearTmp(folder: AttemptFolder): void {
  const path = folder.tmp(tmpdir());
  if (lstatSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  removeTree(path);
}

function placeFile(path: string, { base64, mode }: Extract<ContentItem, { kind: 'file' }>): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const temporary = `${path}.${process.pid}.tmp`;
  writeBytes(temporary, Buffer.from(base64, 'base64'), { mode, sync: false });
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}

function placeLink(path: string, { target, create }: Extract<ContentItem, { kind: 'link' }>): void {
  if (statSync(target, { throwIfNoEntry: false }) === undefined) {
    if (!create) throw new MissingInput(`${target} is not there`);
    makeFolder(target);
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() === true && readlinkSync(path) === target) return;
  symlinkSync(target, path);
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
