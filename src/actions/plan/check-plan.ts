import { UserError } from '../../domain/errors.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import { BUILD_FLAGS, buildAdvice, type Plan, withoutImage } from '../../domain/plan/plan.ts';
import type { Deps } from '../deps.ts';
import { makePlan } from './make-plan.ts';
import type { RunDocument } from './run-document.ts';

/**
 * Refuses what cannot come to an end, before anything is recorded: a stage that nobody would make, a result that is not
 * there, an image that nobody built, a manifest that the target cannot honour. A gate that refuses is an end that the run itself tells.
 * Returns what would happen. `project`: its folder as it was typed, for what to type next.
 */
export async function checkPlan(
  deps: Deps,
  pipeline: RenderablePipeline,
  document: RunDocument,
  project?: string,
): Promise<Plan> {
  const runs = (await deps.store.list()).map((stored) => stored.record);
  const plan = await makePlan({ pipeline, document, runs, artifacts: deps.artifacts }, deps.target);
  refuseMissingImages(plan, project);
  for (const { name, verdict } of plan.stages) {
    if (verdict.kind !== 'blocked' || verdict.hint === undefined) continue;
    throw new UserError('bad-input', `stage ${name} is missing: ${verdict.reason}`, { hint: verdict.hint });
  }
  return plan;
}

function refuseMissingImages(plan: Plan, project: string | undefined): void {
  const missing = withoutImage(plan);
  if (missing.length === 0) return;
  const images = missing.map(({ name, image }) => `${name}: ${image.reference}`).join('\n  ');
  const advice = buildAdvice(plan, missing, project);
  const hint = advice.kind === 'build' ? `\`${advice.command}\`, with ${BUILD_FLAGS}` : advice.sentence;
  throw new UserError('cannot-start', `images are not built:\n  ${images}`, { hint });
}
