import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { UserError } from '../../domain/errors.ts';
import { readIfThere } from '../files/durable-file.ts';
import { FolderChanges } from '../files/folder-changes.ts';
import { isAlive } from '../machine/process-identity.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import { type Claim, readClaim } from './claim.ts';

/** As the supervisor ends when the disk did not take its claim. */
const STORAGE_FAILED = 74;
const CLAIM_TIMEOUT_MS = 60_000;
const LOOK_MS = 250;

export interface SupervisorProgram {
  readonly nodePath: string;
  /** The file that `nodePath` runs: the supervisor's bundle. */
  readonly entry: string;
  /** $PATH of the supervisor and its shims. */
  readonly toolPath: string;
}

/**
 * Starts a supervisor in a session of its own and waits until the attempt has a living one, or has ended: whoever claims
 * it first. Throws `storage-failed` or `cannot-start` when none could take it.
 */
export async function startSupervisor(
  program: SupervisorProgram,
  folder: AttemptFolder,
  secrets: Readonly<Record<string, string>>,
): Promise<Claim> {
  const complaints = openSync(folder.complaint, 'w', 0o600);
  const changes = new FolderChanges([folder.root]);
  try {
    const child = spawn(program.nodePath, [program.entry, folder.root], {
      cwd: '/',
      env: { PATH: program.toolPath, ...secrets },
      detached: true,
      stdio: ['ignore', 'ignore', complaints],
    });
    let ended: End | undefined;
    const over = new AbortController();
    const end = (how: End): void => {
      ended ??= how;
      over.abort();
    };
    child.once('error', (error) => end({ code: null, error }));
    child.once('exit', (code, signal) => end({ code, ...(signal === null ? {} : { error: new Killed(signal) }) }));
    child.unref();
    for (const until = performance.now() + CLAIM_TIMEOUT_MS; performance.now() < until; ) {
      const claim = readClaim(folder);
      // A supervisor may have done all its work before it is looked at.
      if (claim !== undefined && (claim.process.pid === child.pid || isAlive(claim.process) || isOver(folder)))
        return claim;
      if (ended !== undefined) throw failure(folder, ended);
      await changes.changed(LOOK_MS, over.signal);
    }
    throw new UserError(
      'cannot-start',
      `the supervisor of ${folder.root} did not begin within ${CLAIM_TIMEOUT_MS / 1000} seconds`,
    );
  } finally {
    changes.close();
    closeSync(complaints);
  }
}

function isOver(folder: AttemptFolder): boolean {
  return readIfThere(folder.outcome) !== undefined;
}

/** How a supervisor ended before it took its attempt. */
interface End {
  readonly code: number | null;
  readonly error?: Error;
}

/** The cause when somebody killed a supervisor before it took its attempt, as a system short of memory does. */
export class Killed extends Error {
  constructor(signal: NodeJS.Signals) {
    super(`it was killed (${signal})`);
  }
}

function failure(folder: AttemptFolder, { code, error }: End): UserError {
  const complaint = readIfThere(folder.complaint)?.trim().split('\n') ?? [];
  if (code === STORAGE_FAILED) {
    const why = complaint[0]?.replace(/^Error: /, '') ?? '';
    return new UserError('storage-failed', `${folder.root} cannot be written: ${why}`);
  }
  const said = error?.message ?? complaint.slice(0, 3).join('\n');
  const how = code === null ? 'did not run' : `ended with exit code ${code}`;
  return new UserError('cannot-start', `the supervisor of ${folder.root} ${how}: ${said}`, { cause: error });
}
