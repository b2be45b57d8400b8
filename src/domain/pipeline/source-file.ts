/** One text file a run is made from: a pipeline, a template, a profile, an overlay. Stored with the run, never read again. */
export interface SourceFile {
  /** As shown to the person: relative to the folder they know it by, e.g. `templates/hello/pipeline.yaml`. */
  readonly path: string;
  readonly text: string;
}

/** A place in a source file. `line` and `column` count from 1; `column` counts UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One fault found in a source file. Faults are collected and reported together. */
export interface Problem extends Place {
  /** What is wrong, in one sentence without the place. */
  readonly message: string;
  /** The text of the line, without its end. */
  readonly sourceLine: string;
  /** How many characters from `column` the marker underlines; at least 1. */
  readonly length: number;
  /** What to type instead, where it is known: the closest right name, the quoting that helps. */
  readonly hint?: string;
}
