import type { RenderablePipeline } from '../domain/renderable-pipeline.ts';
import type { Deps } from './deps.ts';
import { parseDocument, type RunDocument } from './run-document.ts';

/** A stored run's plan, opened from what was stored with it; the project's files are not read. */
export interface OpenRun {
  readonly document: RunDocument;
  readonly pipeline: RenderablePipeline;
}

/**
 * Opens a stored run for work: its document and the pipeline made from its stored sources, not from files. Throws
 * `not-found`, `state-broken`.
 */
export async function openRun(deps: Deps, name: string): Promise<OpenRun> {
  const document = parseDocument(await deps.store.readSources(name), name);
  return { document, pipeline: await deps.openPipeline(document.sources) };
}
