import type { CommanderError } from 'commander';
import type { CliContext } from './context.ts';
import { librarySurroundings } from './project.ts';

/** What to type instead of what commander refused, `word` being the command that was typed; undefined when nobody knows. */
export async function usageHint(
  context: CliContext,
  error: CommanderError,
  word: string | undefined,
): Promise<string | undefined> {
  if (word === undefined) return undefined;
  if (error.code === 'commander.unknownCommand')
    return word === 'version' ? 'the version: `ilab-backend --version`' : stageHint(context, word);
  if (
    error.code === 'commander.unknownOption' &&
    word === 'resume' &&
    /'--(set|values|profile)'|'-f'/.test(error.message)
  )
    return 'a run keeps its values; with others it is a new run, which reuses what does not depend on them: `ilab-backend run --set NAME=VALUE`';
  if (error.code !== 'commander.missingArgument') return undefined;
  if (/'other'/.test(error.message))
    return `name a second run, or take your newest: \`ilab-backend ${word} RUN @latest\`; the runs: \`ilab-backend list\``;
  if (word === 'diff') return 'name two runs: `ilab-backend diff RUN @latest`; the runs: `ilab-backend list`';
  return /'run'/.test(error.message)
    ? `name a run, or take your newest: \`ilab-backend ${word} @latest\`; the runs: \`ilab-backend list\``
    : `see what it takes: \`ilab-backend help ${word}\``;
}

/** A stage of the default pipeline is a command; one of another pipeline is not, and was meant perhaps. */
async function stageHint(context: CliContext, word: string): Promise<string | undefined> {
  const around = librarySurroundings(context, {});
  // A pipeline that cannot be read, or a library: this is only a hint.
  const named = async (name: string) =>
    (await context.describePipeline(around, name)).stages.map((stage) => stage.name);
  try {
    for (const { name } of await context.listPipelines(around)) {
      const stages = await named(name).catch(() => []);
      if (stages.some((stage) => stage === word))
        return `${word} is a stage of the pipeline ${name}: \`ilab-backend run ${name} --only ${word}\``;
    }
  } catch {
    return undefined;
  }
  return undefined;
}
