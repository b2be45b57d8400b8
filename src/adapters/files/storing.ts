import { UserError } from '../../domain/errors.ts';

/** What a person can mend when a file cannot be written. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EIO: 'the disk has a fault',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this machine has too many open files',
};

/** Of a copy, what is at fault is where it goes. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/** Does `work`; what a disk refuses becomes `storage-failed`. */
export async function storing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
    const reason = code === undefined || error instanceof UserError ? undefined : REASONS[code];
    if (reason === undefined) throw error;
    throw new UserError(
      'storage-failed',
      `${(code !== undefined && FULL.has(code) ? dest : undefined) ?? path ?? 'the state folder'}: ${reason} (${code})`,
      { cause: error },
    );
  }
}
