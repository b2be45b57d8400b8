import type { SourceFile } from '../../domain/pipeline/source-file.ts';

/** The files that a pipeline is read from. */
export interface PipelineSource {
  /** The pipeline's folder as people know it, e.g. `templates/hello`: the files' paths begin with it. */
  readonly folder: string;
  /** `pipeline.yaml`, templates and partials. */
  readonly files: readonly SourceFile[];
  /** The partials that every pipeline may include. */
  readonly shared: readonly SourceFile[];
}

const SHARED_FOLDER = /^(.*\/)?_shared\//;

/** The pipeline's name: that of its folder. */
export function nameOfFolder(folder: string): string {
  return folder.slice(folder.lastIndexOf('/') + 1);
}

/** The file at a path relative to the pipeline's folder. */
export function fileOf(source: PipelineSource, path: string): SourceFile | undefined {
  return source.files.find((file) => file.path === `${source.folder}/${path}`);
}

/** What `$include` finds: a file of the pipeline's folder, else of `_shared/`. */
export function partialsOf(source: PipelineSource): (name: string) => SourceFile | undefined {
  const known = new Map<string, SourceFile>();
  for (const file of source.shared) known.set(file.path.replace(SHARED_FOLDER, ''), file);
  for (const file of source.files) known.set(file.path.slice(source.folder.length + 1), file);
  return (name) => known.get(name);
}
