import type { FaultCode } from '../data/wire.ts';

/** What the pod tells the program; anything else that is thrown is told as `broken`. */
export class TransferFault extends Error {
  override readonly name = 'TransferFault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const BY_ERRNO: Readonly<Record<string, FaultCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENOENT: 'absent',
  ELOOP: 'no-file',
  ENOTDIR: 'no-file',
  ENXIO: 'no-file',
  EEXIST: 'no-file',
  EISDIR: 'no-file',
};

/** An error of the file system as a fault; others as they are. */
export function asFault(error: unknown): TransferFault {
  if (error instanceof TransferFault) return error;
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  return new TransferFault(BY_ERRNO[code] ?? 'broken', message, error);
}
