import { mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LISTING_SUFFIX } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { outputsFolder } from '../../domain/pipeline/bindings.ts';
import type { AttemptRef } from '../../ports/target.ts';
import { removeTree } from '../files/remove-tree.ts';
import { isAlive } from '../machine/process-identity.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import { readClaim } from './claim.ts';
import { readOutcome } from './outcome-file.ts';

/** Takes away what an ended attempt no longer needs; outcome, logs and identity stay. */
export function cleanAttempt(folder: AttemptFolder, uid: string): void {
  if (readClaim(folder)?.uid !== uid || readOutcome(folder) === undefined) return;
  const { content, home, runtime, terminate, stopping, complaint } = folder;
  for (const path of [content, home, runtime, terminate, stopping, complaint, join(folder.root, 'tmp')]) {
    removeTree(path);
  }
  for (const name of readdirSync(folder.root)) {
    if (name.endsWith('.tmp')) removeTree(join(folder.root, name));
  }
}

/** Takes everything away, outputs first; interrupted, it is done by doing it again. */
export function removeAttempt(stateDir: string, folder: AttemptFolder, ref: AttemptRef): void {
  const claim = readClaim(folder);
  if (claim !== undefined && readOutcome(folder) === undefined && isAlive(claim.process)) {
    throw new UserError('still-running', `attempt ${ref.attempt} of ${ref.stage} in ${ref.run} still runs`, {
      hint: `end it first: \`ilab-backend cancel ${ref.run}\``,
    });
  }
  removeOutputs(join(stateDir, 'workspace'), ref);
  discard(stateDir, folder, ref);
  removeEmpty(dirname(folder.root), join(stateDir, 'attempts'));
}

/** Takes away what an attempt made, and what its stage kept from attempt to attempt (templates/_shared/main.yaml). */
export function removeOutputs(workspace: string, { run, stage, attempt }: AttemptRef): void {
  const outputs = join(workspace, outputsFolder(run, stage, attempt));
  const work = join(workspace, 'work', run, stage);
  for (const path of [outputs, outputs + LISTING_SUFFIX, work]) removeTree(path);
  for (const path of [outputs, work]) removeEmpty(dirname(path), workspace);
}

/** Renamed first, so that no half of an attempt is ever found under its name. */
function discard(stateDir: string, folder: AttemptFolder, ref: AttemptRef): void {
  const bin = join(stateDir, 'attempts', '.removed');
  const place = join(bin, `${ref.run}.${ref.stage}.${ref.attempt}.${process.pid}`);
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  removeTree(place);
  try {
    renameSync(folder.root, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  removeTree(bin);
}

/** Takes away folders that have become empty, up to but not including `top`. */
function removeEmpty(folder: string, top: string): void {
  for (let path = folder; path.startsWith(`${top}/`); path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch {
      return; // not empty, or not there
    }
  }
}
