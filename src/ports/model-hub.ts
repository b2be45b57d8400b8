/** Where models are found and published, e.g. Hugging Face. */
export interface ModelHub {
  /** The commit that a revision of `org/name` is at now. Throws `bad-input` (no such model, no access), `unreachable`. */
  resolveRevision(repo: string, revision: string, signal: AbortSignal): Promise<string>;
}
