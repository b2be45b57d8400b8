/** How far a request had come when the connection failed. */
export type Phase =
  /** No byte of it left this machine. */
  | 'connecting'
  /** It may have arrived. */
  | 'sent'
  /** The answer had begun. */
  | 'answering';

/** A request without a whole answer. The code is Node's or OpenSSL's, or `TIMEOUT` for a deadline of ours. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: string;
  readonly phase: Phase;

  constructor(code: string, message: string, phase: Phase, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.phase = phase;
  }
}

/** A deadline of ours that passed; its phase is told by whoever waited. */
export class Timeout extends Error {
  override readonly name = 'Timeout';
  readonly code = 'TIMEOUT';
}

/** Puts any fault of a connection into our form. */
export function networkError(error: unknown, phase: Phase): NetworkError {
  if (error instanceof NetworkError) return error;
  const found = firstOf(error);
  const code = 'code' in found && typeof found.code === 'string' ? found.code : 'UNKNOWN';
  return new NetworkError(code, found.message, phase, error);
}

/** Where a name has several addresses Node reports one error for each. */
function firstOf(error: unknown): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  return error instanceof Error ? error : new Error(String(error));
}
