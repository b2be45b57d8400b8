import { knownStage } from '../../domain/plan/selection.ts';
import type { DefineCommand } from '../define-command.ts';
import { addPlaceOptions, type PlaceFlags, placeOf, targetOf } from '../place.ts';
import { addProjectOptions, addTimeoutOptions, openProject, type ProjectFlags } from '../project.ts';

type RenderFlags = PlaceFlags & ProjectFlags & { readonly stage?: readonly string[]; readonly outputDir?: string };

export const defineRender: DefineCommand = (command, context, done) => {
  addPlaceOptions(
    addTimeoutOptions(
      addProjectOptions(command.argument('[pipeline]', 'its name; absent = the default of the project')),
    ),
  )
    .option('--stage <name>', 'only this stage; may be repeated', (text: string, before: readonly string[] = []) => [
      ...before,
      text,
    ])
    .option('--output-dir <dir>', 'a file a stage in this folder, instead of stdout')
    .addHelpText(
      'after',
      '\nWhat is printed is what would be sent, but for names, paths and digests\nthat a run fills in.\n',
    )
    .action(async (pipeline: string | undefined, flags: RenderFlags) => {
      const { renderStages } = await import('../../actions/plan/render-stages.ts');
      const project = await openProject(context, pipeline, flags, targetOf(flags));
      const { stages } = project.pipeline.pipeline;
      const wanted =
        flags.stage === undefined
          ? stages.map((stage) => stage.name)
          : flags.stage.map((name) => knownStage(stages, name));
      const target = await context.openPlanTarget(placeOf(flags), project.pipeline.target);
      const rendered = await renderStages(project, target, wanted);
      for (const { stage, notBuilt } of rendered) {
        if (notBuilt !== undefined) context.stderr.write(`${stage}: the image is not built: ${notBuilt}\n`);
      }
      if (flags.outputDir === undefined) {
        context.stdout.write(rendered.map(({ yaml }) => yaml).join('---\n'));
      } else {
        const files = rendered.map(({ stage, yaml }) => ({ path: `${stage}.yaml`, text: yaml }));
        for (const path of await context.writeFiles(flags.outputDir, files)) context.stderr.write(`${path} written\n`);
      }
      done(0);
    });
};
