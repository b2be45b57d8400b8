import type { SourceFile } from '../domain/pipeline/source-file.ts';

/** Reads the text files that pipelines, profiles and projects are made of. Paths are absolute. */
export interface SourceFiles {
  /**
   * `shown` becomes the path of the result. Undefined when there is no such file; throws `bad-config` when it cannot
   * be read, is larger than 1 MiB or is no UTF-8.
   */
  read(path: string, shown: string): Promise<SourceFile | undefined>;
  /** Every `*.yaml` and `*.yml` below a folder, sorted by path, each as `<shown>/<path inside the folder>`; none when it is absent. */
  readFolder(folder: string, shown: string): Promise<readonly SourceFile[]>;
  /** The names of the folder's sub-folders, sorted; none when it is absent. Hidden ones are left out. */
  folders(folder: string): Promise<readonly string[]>;
}
