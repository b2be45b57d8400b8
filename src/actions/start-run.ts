import { UserError } from '../domain/errors.ts';
import { isJsonObject } from '../domain/json.ts';
import type { RunName } from '../domain/naming.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import type { Deps } from './deps.ts';
import { checkRunName, generateName, newRecord } from './new-run.ts';
import { planChanges } from './plan/plan-changes.ts';
import { documentDigest, parseDocument, type RunDocument, serializeDocument } from './plan/run-document.ts';
import { prepareResume, type ResumeVerdict } from './resume-run.ts';

/** A run to record: the plan of `document`, under a name. */
export interface StartRequest {
  /** Absent = generated. */
  readonly name?: string;
  readonly pipeline: RenderablePipeline;
  readonly document: RunDocument;
  /** What `deps` is a place of; absent = what the pipeline's profile says. */
  readonly target?: RenderablePipeline['target'];
}

/** What became of the request. */
export type Started =
  | { readonly kind: 'created'; readonly name: string }
  /** A run of that name with the same plan is there: it is continued, whatever its state. */
  | { readonly kind: 'continued'; readonly name: string; readonly verdict: ResumeVerdict };

/** Records a run; nothing is submitted yet. Throws `name-taken` with the difference when another plan has the name. */
export async function startRun(deps: Deps, request: StartRequest): Promise<Started> {
  const { pipeline, document, target = pipeline.target } = request;
  const sources = serializeDocument(document);
  const { labels } = pipeline.pod;
  const marks = isJsonObject(labels) ? { labels } : {};
  const record = (name: RunName): RunRecord => ({ ...newRecord(deps, name, pipeline, document), target });
  if (request.name === undefined) {
    for (;;) {
      const name = generateName(pipeline.pipeline.name);
      if ((await deps.store.create(record(name), sources, marks)) !== undefined) return { kind: 'created', name };
    }
  }
  const name = checkRunName(request.name);
  const created = await deps.store.create(record(name), sources, marks);
  if (created !== undefined) return { kind: 'created', name };
  await refuseOtherPlan(deps, name, document);
  return { kind: 'continued', name, verdict: await prepareResume(deps, name) };
}

async function refuseOtherPlan(deps: Deps, name: string, document: RunDocument): Promise<void> {
  const text = await deps.store.readSources(name);
  const stored = parseDocument(text, name);
  if (documentDigest(stored) === documentDigest(document)) return;
  const changes = planChanges(stored, document);
  const shown = changes
    .slice(0, 8)
    .map((change) => `\n  ${change}`)
    .join('');
  const more = changes.length > 8 ? `\n  and ${changes.length - 8} more` : '';
  throw new UserError('name-taken', `run ${name} exists with another plan:${shown}${more}`, {
    hint: `choose another name with --name, or go on with that run: \`ilab-backend resume ${name}\``,
  });
}
