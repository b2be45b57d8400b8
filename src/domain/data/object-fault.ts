/**
 * Why object storage did not do what it was asked: `away` may pass by itself (no answer, 5xx, too many requests), `refused`
 * does not (credentials, rights, a bucket that is not there), `absent`: there is no such object or upload.
 */
export class ObjectFault extends Error {
  override readonly name = 'ObjectFault';
  readonly kind: 'away' | 'refused' | 'absent';
  /** What to mend; absent where waiting is all that helps. */
  readonly hint?: string;

  constructor(
    kind: ObjectFault['kind'],
    message: string,
    options: { readonly cause?: unknown; readonly hint?: string },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}
