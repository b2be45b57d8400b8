import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { digestOfListing, formatListing } from '../../domain/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { withEntry } from '../../domain/publication/changelog.ts';
import { listContents } from '../files/file-digest.ts';
import { syncFile, syncFolder, writeDurably } from '../process/durable-file.ts';
import { copyFiles } from './copy-files.ts';

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
  mkdirSync(home, { recursive: true });
  const isNew = !existsSync(target);
  if (isNew) copyWhole(made, target, join(home, `.${run}.partial`));
  else if (digestOf(target) !== digestOf(made)) {
    throw new UserError('bad-input', `${target} is there already with other files: a run is published once`, {
      hint: 'name another run',
    });
  }
  // Told after the folder is there, and again on every try: a crash between the two leaves nothing out.
  const changelog = join(home, 'CHANGELOG.md');
  const text = existsSync(changelog) ? readFileSync(changelog, 'utf8') : '';
  const told = withEntry(text, run, entry);
  if (told !== text) writeDurably(changelog, told);
  return isNew;
}

/** Throws `bad-input` for what is no folder that a registry can be. */
export function requireRegistry(registry: string): void {
  if (isAbsolute(registry) && existsSync(registry) && statSync(registry).isDirectory()) return;
  throw new UserError(
    'bad-input',
    `parameter registry is ${registry}: it must be the absolute path of a folder that exists`,
  );
}

/** One name for all tries, under the lock: what a killed one left is removed here. */
function copyWhole(made: string, target: string, partial: string): void {
  rmSync(partial, { recursive: true, force: true });
  const files = listContents(made);
  copyFiles(made, partial, files);
  for (const { path } of files) syncFile(join(partial, path));
  renameSync(partial, target);
  syncFolder(join(target, '..'));
}

function digestOf(folder: string): string {
  return digestOfListing(formatListing(listContents(folder)));
}
