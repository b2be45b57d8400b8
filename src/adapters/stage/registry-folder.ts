import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { digestOfListing, formatListing } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { withEntry } from '../../domain/publication/changelog.ts';
import { syncFile, syncFolder, writeDurably } from '../files/durable-file.ts';
import { listContents } from '../files/file-digest.ts';
import { copyFiles } from './copy-files.ts';
import { type Sharing, share, sharingOf } from './shared-folder.ts';

/** A run's folder that is added to a registry. */
export interface RegistryEntry {
  readonly model: string;
  readonly run: string;
  /** The folder that is copied. */
  readonly made: string;
  /** Its part of the model's ChangeLog. */
  readonly entry: string;
}

/**
 * Adds a run's folder to a registry folder, whole or not at all, and tells the model's ChangeLog; false when it was there
 * already. The caller holds the model's lock. Throws `bad-input` where the run is there with other files.
 */
export function addToRegistry(registry: string, { model, run, made, entry }: RegistryEntry): boolean {
  const home = join(registry, model);
  const target = join(home, run);
  const sharing = sharingOf(registry);
  mkdirSync(home, { recursive: true });
  // A model's name may have an owner before it.
  for (let folder = home; folder !== registry; folder = dirname(folder)) share(folder, sharing);
  const isNew = !existsSync(target);
  if (isNew) copyWhole(made, { target, partial: join(home, `.${run}.partial`), sharing });
  else if (digestOf(target) !== digestOf(made)) {
    throw new UserError('bad-input', `${target} is there already with other files: a run is published once`, {
      hint: 'name another run',
    });
  }
  // Told after the folder is there, and again on every try: a crash between the two leaves nothing out.
  const changelog = join(home, 'CHANGELOG.md');
  const text = existsSync(changelog) ? readFileSync(changelog, 'utf8') : '';
  const told = withEntry(text, run, entry);
  if (told !== text) writeDurably(changelog, told, 0o666, (path) => share(path, sharing));
  return isNew;
}

/** Why a folder can be no registry, as a sentence; undefined where it can. Leaves nothing. */
export function registryFault(registry: string): string | undefined {
  if (!isAbsolute(registry)) return `${registry} is no absolute path`;
  if (!existsSync(registry)) return `there is no folder ${registry}`;
  if (!statSync(registry).isDirectory()) return `${registry} is no folder`;
  try {
    // What the modes of a folder do not tell (read-only, full, another machine's) shows when something is made in it.
    rmdirSync(mkdtempSync(join(registry, '.ilab-backend-')));
    for (const folder of [lockFolder(registry), join(lockFolder(registry), 'locks')]) {
      if (existsSync(folder)) accessSync(folder, constants.W_OK | constants.X_OK);
    }
    return undefined;
  } catch (error) {
    const { path = registry, code = '' } = error as NodeJS.ErrnoException;
    const place = path.startsWith(lockFolder(registry)) && existsSync(path) ? path : registry;
    return `${place} cannot be written to (${code})`;
  }
}

/** Where the locks of its models lie. */
export function lockFolder(registry: string): string {
  return join(registry, '.ilab-backend');
}

/** Throws `bad-input` for what is no folder that a registry can be. */
export function requireRegistry(registry: string): void {
  const fault = registryFault(registry);
  if (fault !== undefined) throw new UserError('bad-input', `parameter registry: ${fault}`);
}

/** One name for all tries, under the lock: what a killed one left is removed here. */
function copyWhole(
  made: string,
  { target, partial, sharing }: { readonly target: string; readonly partial: string; readonly sharing: Sharing },
): void {
  rmSync(partial, { recursive: true, force: true });
  const files = listContents(made);
  copyFiles(made, partial, files);
  for (const { path } of files) {
    const file = join(partial, path);
    syncFile(file);
    share(file, sharing, 'read');
    for (let folder = dirname(file); folder !== dirname(partial); folder = dirname(folder)) share(folder, sharing);
  }
  renameSync(partial, target);
  syncFolder(join(target, '..'));
}

function digestOf(folder: string): string {
  return digestOfListing(formatListing(listContents(folder)));
}
