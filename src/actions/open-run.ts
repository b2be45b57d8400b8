import { parseSources, type RunSources, serializeSources } from '../config/run-sources.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import type { Deps } from './deps.ts';
import { parseDocument, type RunDocument } from './plan/run-document.ts';

/** A stored run's plan, opened from what was stored with it; the project's files are not read. */
export interface OpenRun {
  readonly document: RunDocument;
  readonly pipeline: RenderablePipeline;
}

/**
 * Opens a stored run for work: its document and the pipeline made from its stored sources, not from files. The record's
 * `runTimeout` goes over what they say. Throws `not-found`, `state-broken`.
 */
export async function openRun(
  deps: Deps,
  name: string,
  { runTimeout }: Pick<RunRecord, 'runTimeout'> = {},
): Promise<OpenRun> {
  const document = parseDocument(await deps.store.readSources(name), name);
  const { sources } = document;
  const timed =
    runTimeout === undefined ? sources : serializeSources(withRunTimeout(parseSources(sources), runTimeout));
  return { document, pipeline: await deps.openPipeline(timed) };
}

/** Deadlines are in no reuse key: what is made is the same. */
function withRunTimeout(sources: RunSources, run: number): RunSources {
  const stages = Object.entries(sources.stages).map(([name, said]) => [
    name,
    { ...said, timeouts: { ...said.timeouts, run } },
  ]);
  return { ...sources, stages: Object.fromEntries(stages) };
}
