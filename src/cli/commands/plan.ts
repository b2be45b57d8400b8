import type { PlanDeps } from '../../actions/deps.ts';
import { diffFromRun, type RunDifference, type RunPlace } from '../../actions/diff-runs.ts';
import type { DecisionContext } from '../../actions/plan/decide-stage.ts';
import { makePlan } from '../../actions/plan/make-plan.ts';
import { prepareDocument, type Wishes } from '../../actions/plan/prepare-document.ts';
import type { OpenProject } from '../../actions/project/open-project.ts';
import { differenceTable } from '../../ui/text/answers/difference-table.ts';
import { planTable } from '../../ui/text/answers/plan-table.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { addPlaceOptions, openPlanPlace, openRunPlace, type PlaceFlags, RUN_ARGUMENT, targetOf } from '../place.ts';
import { addProjectOptions, addRequireOption, addTimeoutOptions, openProject, type ProjectFlags } from '../project.ts';
import { addSelectionOptions, type SelectionFlags, wishesOf } from '../selection.ts';
import { telling, tellingDeps } from '../wait-line.ts';

type PlanFlags = PlaceFlags &
  ProjectFlags &
  SelectionFlags & { readonly output?: DocumentForm; readonly against?: string };

/** Touches nothing: no cluster, no environment, no state but what it reads. */
export const definePlan: DefineCommand = (command, context, done) => {
  addPlaceOptions(
    addSelectionOptions(
      addTimeoutOptions(
        addRequireOption(
          addProjectOptions(command.argument('[pipeline]', 'its name; absent = the default of the project')),
        ),
      ),
    ),
  )
    .option('--against <run>', `in what it differs from this run, value by value: ${RUN_ARGUMENT}`)
    .addOption(outputOption(['json', 'yaml']))
    .action(async (pipeline: string | undefined, flags: PlanFlags) => {
      const project = await openProject(context, pipeline, flags, targetOf(flags));
      const deps = await openPlanPlace(context, flags, project.pipeline);
      const wishes = wishesOf(project.pipeline, flags, context.cwd);
      const against = flags.against === undefined ? undefined : await openRunPlace(context, flags, flags.against);
      done(await showPlan(context, deps, project, wishes, { form: flags.output, project: flags.project, against }));
    });
};

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
  const { plan, differences } = await telling(context, async (at) => {
    const document = await prepareDocument(tellingDeps(deps, at), project, wishes, context.signal);
    at(`looking what ${deps.store.place} has`);
    const runs = (await deps.store.list()).map((stored) => stored.record);
    const decision: DecisionContext = { pipeline: project.pipeline, document, runs, artifacts: deps.artifacts };
    return {
      plan: await makePlan(decision, deps.target),
      differences: against === undefined ? undefined : await diffFromRun(against, document),
    };
  });
  const layout = layoutOf(context);
  const text = (): string =>
    [
      planTable(plan, { ...layout, ...(named === undefined ? {} : { project: named }) }),
      ...(against === undefined || differences === undefined ? [] : [comparison(against.name, differences, layout)]),
    ].join('\n\n');
  const compared = against === undefined ? {} : { against: { run: against.name, differences } };
  writeDocument(
    context,
    shown.form,
    { apiVersion: 'ilab-backend.dev/v1alpha1', kind: 'Plan', ...plan, ...compared },
    text,
    () => '',
  );
  return 0;
}

function comparison(run: string, differences: readonly RunDifference[], layout: ReturnType<typeof layoutOf>): string {
  if (differences.length === 0) return `It would be made from the same as ${run}.`;
  return differenceTable([run, 'NOW'], differences, layout);
}
