/** One way in which a value does not fit its schema. */
export interface ValueFault {
  /** From the root of the values; a missing or unknown name is its last step. */
  readonly path: readonly (string | number)[];
  /** What is wrong, without the path: `must be >= 1, is 0`. */
  readonly message: string;
  /** The closest right name or the allowed values, where they are known. */
  readonly hint?: string;
  /** The schema's keyword that refused it. */
  readonly keyword: string;
}
