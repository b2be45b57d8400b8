import type { PlanDeps } from '../../actions/deps.ts';
import { diffFromRun, type RunDifference, type RunPlace } from '../../actions/diff-runs.ts';
import type { DecisionContext } from '../../actions/plan/decide-stage.ts';
import { makePlan } from '../../actions/plan/make-plan.ts';
import { prepareDocument, type Wishes } from '../../actions/plan/prepare-document.ts';
import type { OpenProject } from '../../actions/project/open-project.ts';
import { typedAgain } from '../../actions/typed-again.ts';
import { afterPlan } from '../../domain/plan/plan-next.ts';
import { withPlace } from '../../domain/typed-place.ts';
import { differenceTable } from '../../ui/text/answers/difference-table.ts';
import { planTable } from '../../ui/text/answers/plan-table.ts';
import { oneLine } from '../../ui/text/sanitize.ts';
import type { CliContext } from '../context.ts';
import { type DocumentForm, layoutOf, writeDocument } from '../documents.ts';
import { telling, tellingDeps } from '../wait-line.ts';

/** Prints what `run` with the same flags would do; always ends with 0: a blocked stage is an answer too. */
export async function showPlan(
  context: CliContext,
  deps: PlanDeps,
  project: OpenProject,
  wishes: Wishes,
  shown: {
    readonly form: DocumentForm | undefined;
    readonly project: string | undefined;
    readonly against?: RunPlace | undefined;
  },
): Promise<number> {
  const { project: named, against } = shown;
  const { plan, differences, again } = await telling(context, async (at) => {
    const document = await prepareDocument(tellingDeps(deps, at), project, wishes, context.signal);
    at(`looking what ${deps.store.place} has`);
    const runs = (await deps.store.list()).map((stored) => stored.record);
    const decision: DecisionContext = { pipeline: project.pipeline, document, runs, artifacts: deps.artifacts };
    return {
      plan: await makePlan(decision, deps.target),
      again: typedAgain(document),
      differences: against === undefined ? undefined : await diffFromRun(against, document),
    };
  });
  const layout = layoutOf(context);
  const { when, command } = afterPlan(plan, again);
  const next = withPlace(command, context.stdout.place);
  const text = (): string =>
    [
      planTable(plan, { ...layout, ...(named === undefined ? {} : { project: named }) }),
      ...(against === undefined || differences === undefined ? [] : [comparison(against.name, differences, layout)]),
      `${when}:\n  ${oneLine(next, layout)}`,
    ].join('\n\n');
  const compared = against === undefined ? {} : { against: { run: against.name, differences } };
  await writeDocument(
    context,
    shown.form,
    { apiVersion: 'ilab-backend.dev/v1alpha1', kind: 'Plan', ...plan, ...compared, next },
    text,
    () => '',
  );
  return 0;
}

function comparison(run: string, differences: readonly RunDifference[], layout: ReturnType<typeof layoutOf>): string {
  if (differences.length === 0) return `It would be made from the same as ${run}.`;
  return differenceTable([run, 'NOW'], differences, layout);
}
