import { Command, CommanderError, Help, type Option } from 'commander';
import { UserError } from '../domain/errors.ts';
import { COMMANDS, type CommandEntry, GROUP_TITLES } from './commands.ts';
import type { CliContext } from './context.ts';

const USAGE_EXIT_CODE = 2;
/** What the scripts of `completion` call; nobody types it. */
export const COMPLETE = '__complete';

/** Parses the command line, runs one command and returns its exit code. User faults are thrown as `UserError`. */
export async function runProgram(
  argv: readonly string[],
  stageNames: readonly string[],
  context: CliContext,
): Promise<number> {
  const [first, separator, ...words] = argv;
  if (first === COMPLETE && separator === '--') {
    const { complete } = await import('./complete/complete.ts');
    await complete({ words, stageNames, open: () => openedProgram(words, stageNames, context) }, context);
    return 0;
  }
  let exitCode = 0;
  const program = newProgram(context);
  const chosen = commandName(argv);
  for (const entry of [...COMMANDS, ...stageNames.map(stageEntry)]) {
    await addCommand(program, entry, entry.name === chosen, context, (code) => {
      exitCode = code;
    });
  }
  try {
    const words = isUnknown(program, argv, chosen) ? [chosen] : argv;
    await program.parseAsync(words.map(fullForm), { from: 'user' });
  } catch (error) {
    if (error instanceof UserError) throw withoutEquals(error, argv);
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end with 0, and help for whoever typed no command is already printed.
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return USAGE_EXIT_CODE;
    const { usageHint } = await import('./usage-hint.ts');
    throw usageFault(error, (await usageHint(context, error, chosen)) ?? `see \`${helpFor(program, chosen)}\``);
  }
  return exitCode;
}

/** `nosuch --help` and `help nosuch` ask for the help of a command that is not there: the word is what is told. */
function isUnknown(program: Command, [first]: readonly string[], chosen: string | undefined): chosen is string {
  if (chosen === undefined || (first !== 'help' && first !== chosen)) return false;
  return chosen !== 'help' && program.commands.every((command) => command.name() !== chosen);
}

/** What commander refuses is told like every other fault; `(Did you mean run?)` is a line of its own in its words. */
function usageFault({ message }: CommanderError, hint: string): UserError {
  return new UserError('bad-usage', message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '), { hint });
}

function helpFor(program: Command, word: string | undefined): string {
  const isCommand = program.commands.some((command) => command.name() === word);
  return isCommand ? `ilab-backend help ${word}` : 'ilab-backend help';
}

/** With the options of the command that is typed; nothing of it can be run. */
async function openedProgram(
  words: readonly string[],
  stageNames: readonly string[],
  context: CliContext,
): Promise<Command> {
  const program = newProgram(context);
  const chosen = commandName(words);
  for (const entry of [...COMMANDS, ...stageNames.map(stageEntry)]) {
    await addCommand(program, entry, entry.name === chosen, context, () => undefined);
  }
  return program;
}

/** Every command with all its options, for the reference: nothing of it can be run. */
export async function wholeProgram(stageNames: readonly string[], context: CliContext): Promise<Command> {
  const program = newProgram(context);
  for (const entry of [...COMMANDS, ...stageNames.map(stageEntry)]) {
    await addCommand(program, entry, true, context, () => undefined);
  }
  return program;
}

function stageEntry(stage: string) {
  return {
    name: stage,
    summary: `Run the stage ${stage} alone: run --only ${stage}`,
    group: 'run' as const,
    load: async () => (await import('./commands/run.ts')).defineStageRun(stage),
  };
}

function newProgram(context: CliContext): Command {
  const program = new Command('ilab-backend')
    .description('Runs the InstructLab pipeline: datagen, train, eval, publish.')
    .version(context.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help of a command')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ groupItems: inOneOrder })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
      outputError: () => undefined, // it is thrown, too
    });
  program.addHelpText('after', `\n${EXAMPLES}`);
  return program;
}

/** Groups of flags come alike in each command, whatever order they were defined in: what is worked on first, the place last. */
const FLAG_GROUPS = ['What runs:', 'Values:', 'Options:', 'Where:'];

function inOneOrder<T extends Command | Option>(
  all: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const groups = new Help().groupItems(all, visible, groupOf);
  const place = (title: string): number => FLAG_GROUPS.indexOf(title);
  return new Map([...groups].sort(([a], [b]) => place(a) - place(b)));
}

const EXAMPLES = `Examples:
  ilab-backend init                         write a project file to begin with
  ilab-backend doctor                       what this machine lacks;
                                            with -n TEAM, what a cluster lacks
  ilab-backend plan --set train.epochs=3    what would run, and why
  ilab-backend run                          the project's pipeline, here
  ilab-backend run --target kubernetes -n TEAM --detach
                                            on a cluster; it goes on by itself
  ilab-backend logs @latest train -f        follow a stage
  ilab-backend resume @latest               go on with the newest run
`;

async function addCommand(
  program: Command,
  entry: Omit<CommandEntry, 'name'> & { readonly name: string },
  isChosen: boolean,
  context: CliContext,
  done: (exitCode: number) => void,
): Promise<void> {
  const command = program.command(entry.name).description(entry.summary).helpGroup(GROUP_TITLES[entry.group]);
  command.configureOutput(program.configureOutput());
  if (isChosen) (await entry.load())(command, context, done);
}

/** An option whose value is optional would swallow the word behind it: `run --no-reuse hello`. */
function fullForm(argument: string): string {
  return argument === '--no-reuse' ? '--no-reuse=*' : argument;
}

/** The pipeline that is not there is a stage that was meant: `plan --no-reuse train`. */
function withoutEquals(error: UserError, argv: readonly string[]): UserError {
  const word = argv[argv.indexOf('--no-reuse') + 1];
  const isMeant = argv.includes('--no-reuse') && error.message === `there is no pipeline ${word}`;
  if (error.code !== 'unknown-pipeline' || !isMeant || error.hint.startsWith('did you mean')) return error;
  const hint = `did you mean \`--no-reuse=${word}\`? ${error.hint}`;
  return new UserError(error.code, error.message, { cause: error, hint });
}

/** The first word that is no option: only that command's file is loaded. `help X` loads X. */
function commandName(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}
