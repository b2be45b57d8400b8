import type { PipelineDescription } from '../../actions/project/describe-pipelines.ts';
import { oneLine } from '../../ui/text/sanitize.ts';
import { table } from '../../ui/text/table.ts';
import type { CliContext } from '../context.ts';
import type { DefineCommand } from '../define-command.ts';
import { type DocumentForm, layoutOf, outputOption, writeDocument } from '../documents.ts';
import { librarySurroundings, projectOption } from '../project.ts';

interface PipelinesFlags {
  readonly project?: string;
  readonly output?: DocumentForm;
}

export const definePipelines: DefineCommand = (command, context, done) => {
  command
    .command('list')
    .description('List the pipelines of the project and ours')
    .addOption(projectOption())
    .addOption(outputOption())
    .action(async (flags: PipelinesFlags) => {
      const pipelines = await context.listPipelines(librarySurroundings(context, flags));
      const rows = pipelines.map(({ name, folder }) => [name, folder]);
      const names = (): string => pipelines.map(({ name }) => `pipeline/${name}`).join('\n');
      await writeDocument(
        context,
        flags.output,
        { pipelines },
        () => table(['NAME', 'FOLDER'], rows, layoutOf(context)),
        names,
      );
      done(0);
    });
  command
    .command('show')
    .description('Show the stages, profiles and parameters of a pipeline')
    .argument('<pipeline>', 'its name')
    .addOption(projectOption())
    .addOption(outputOption(['json', 'yaml']))
    .action(async (name: string, flags: PipelinesFlags) => {
      const pipeline = await context.describePipeline(librarySurroundings(context, flags), name);
      await writeDocument(
        context,
        flags.output,
        pipeline,
        () => describe(pipeline, context),
        () => '',
      );
      done(0);
    });
};

function describe(pipeline: PipelineDescription, context: CliContext): string {
  const layout = layoutOf(context);
  const title = pipeline.title === undefined ? '' : `: ${oneLine(pipeline.title)}`;
  const stages = pipeline.stages.map((stage) => [
    stage.name,
    stage.needs.join(', '),
    stage.engines.join(', '),
    stage.variants.join(', '),
    stage.inputs.join(', '),
    stage.outputs.join(', '),
  ]);
  const profiles = pipeline.profiles.map((profile) => [profile.name, profile.target]);
  return [
    `${pipeline.name} ${pipeline.version}${title}`,
    `Folder: ${pipeline.folder}`,
    '',
    table(['STAGE', 'NEEDS', 'ENGINES', 'VARIANTS', 'INPUTS', 'OUTPUTS'], stages, layout),
    ...metricLines(pipeline, layout),
    '',
    profiles.length === 0 ? 'No profiles.' : table(['PROFILE', 'TARGET'], profiles, layout),
    '',
    pipeline.params.length === 0 ? 'No parameters.' : parameters(pipeline, layout),
  ].join('\n');
}

/** What a gate or `--require` may name. */
function metricLines({ stages }: PipelineDescription, layout: ReturnType<typeof layoutOf>): readonly string[] {
  const rows = stages.flatMap(({ name, metrics = [] }) =>
    metrics.length === 0 ? [] : [[name, oneLine(metrics.join(', '))]],
  );
  return rows.length === 0 ? [] : ['', table(['STAGE', 'METRICS'], rows, layout)];
}

function parameters({ params }: PipelineDescription, layout: ReturnType<typeof layoutOf>): string {
  const rows = params.map((param) => [
    param.path,
    param.type,
    param.required ? '<required>' : param.default === undefined ? '<unset>' : oneLine(JSON.stringify(param.default)),
    param.unit ?? '',
    oneLine(meaning(param)),
  ]);
  return table(['PARAMETER', 'TYPE', 'DEFAULT', 'UNIT', 'MEANING'], rows, layout);
}

/** Title, description, and what it may be. */
function meaning({ title, description, enum: values, source }: PipelineDescription['params'][number]): string {
  const one = values?.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const builtin = source?.builtin ?? [];
  return [
    title,
    description,
    one === undefined ? undefined : `One of ${one.join(', ')}`,
    builtin.length === 0 ? undefined : `Built in: ${builtin.join(', ')}`,
  ]
    .filter((text) => text !== undefined)
    .join('. ');
}
