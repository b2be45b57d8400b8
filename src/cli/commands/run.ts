import type { Command } from 'commander';
import type { DefineCommand } from '../define-command.ts';
import { addDriveOptions, streamOption } from '../drive-options.ts';
import { addOfflineOption, addPlaceOptions } from '../place.ts';
import { addProjectOptions, addRequireOption, addStopOnOption, addTimeoutOptions } from '../project.ts';
import { addDataOptions, addSelectionOptions } from '../selection.ts';
import type { RunFlags, StageFlags } from './run-pipeline.ts';

/** What it takes to run is loaded when it runs: whoever presses the tab key waits for the options alone. */
export const defineRun: DefineCommand = (command, context, done) => {
  addRunOptions(command.argument('[pipeline]', 'its name; absent = the default of the project'), addSelectionOptions)
    .addHelpText('after', RUN_HELP)
    .action(async (pipeline: string | undefined, flags: RunFlags) => {
      const { runPipeline } = await import('./run-pipeline.ts');
      done(await runPipeline(context, pipeline, flags));
    });
};

/** `ilab-backend train` means `run --only train` of the default pipeline, or of `--pipeline P`. */
export function defineStageRun(stage: string): DefineCommand {
  return (command, context, done) => {
    addRunOptions(command, addDataOptions, 'show what the stage would do where it can tell (publish), else the plan')
      .option('--pipeline <name>', 'of this pipeline')
      .action(async (flags: StageFlags) => {
        const { runStage } = await import('./run-pipeline.ts');
        done(await runStage(context, stage, { ...flags, only: [stage] }));
      });
  };
}

function addRunOptions(
  command: Command,
  addStages: (command: Command) => Command,
  dryRun = 'show the plan and end; the same as `plan`',
): Command {
  addOfflineOption(
    addPlaceOptions(
      addTimeoutOptions(addDriveOptions(addStopOnOption(addRequireOption(addStages(addProjectOptions(command)))))),
    ),
  );
  return command
    .option('--name <name>', "the run's name; with the same plan, the run of that name goes on")
    .option('--dry-run', dryRun)
    .addOption(streamOption());
}

const RUN_HELP = `
Examples:
  ilab-backend run                            with the project's values
  ilab-backend run hello --set name=you       another pipeline
  ilab-backend run --set train.epochs=3       reuses what it does not concern
  ilab-backend run --from train --reuse datagen@weekly-47
  ilab-backend run --name weekly-47 --detach
`;
