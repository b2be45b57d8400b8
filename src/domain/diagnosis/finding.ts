/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, e.g. `Python`. */
  readonly name: string;
  /** `problem` keeps runs from starting; `warning` does not. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** One sentence: what was found. */
  readonly message: string;
  /** What to type; absent when there is nothing to mend. */
  readonly fix?: string;
}
