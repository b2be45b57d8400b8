/** A file of a published model. `sha256` absent = its contents cannot be told here. */
export interface ModelFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256?: string;
}

/** A model that was published, with its documents, wherever it lies. Throws `bad-input`, `unreachable`. */
export interface PublishedModel {
  /** Undefined where there is no such file. */
  readText(path: string, signal: AbortSignal): Promise<string | undefined>;
  files(signal: AbortSignal): Promise<readonly ModelFile[]>;
}
