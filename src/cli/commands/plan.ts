import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, outputOption } from '../documents.ts';
import { addPlaceOptions, openPlanPlace, openRunPlace, type PlaceFlags, RUN_ARGUMENT, targetOf } from '../place.ts';
import { addProjectOptions, addRequireOption, addTimeoutOptions, openProject, type ProjectFlags } from '../project.ts';
import { addSelectionOptions, type SelectionFlags, wishesOf } from '../selection.ts';

type PlanFlags = PlaceFlags &
  ProjectFlags &
  SelectionFlags & { readonly output?: DocumentForm; readonly against?: string };

/** Touches nothing: no cluster, no environment, no state but what it reads. What plans is loaded when it plans, as with `run`. */
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
      const { showPlan } = await import('./show-plan.ts');
      const project = await openProject(context, pipeline, flags, targetOf(flags));
      const deps = await openPlanPlace(context, flags, project.pipeline);
      const wishes = wishesOf(project.pipeline, flags, context.cwd);
      const against = flags.against === undefined ? undefined : await openRunPlace(context, flags, flags.against);
      done(await showPlan(context, deps, project, wishes, { form: flags.output, project: flags.project, against }));
    });
};
