import type { Argument, Command, Option } from 'commander';

const HEAD = `# Commands

<!-- Made from the program: scripts/with-node vitest run --project fast test/cli/reference.test.ts -u -->

Every command takes \`-h, --help\`. Options that name a place mean the same everywhere: \`--target\`, \`--context\`, \`-n\`, \`--kubeconfig\` say which cluster, \`--state-dir\` which folder of this machine. Exit codes: [README](../README.md#when-something-goes-wrong).
`;

/** The reference of all commands as Markdown, in the order of the help. */
export function reference(program: Command): string {
  const groups = Map.groupBy(program.commands, (command) => command.helpGroup().replace(/:$/, ''));
  const parts = [...groups].flatMap(([group, commands]) => [
    `## ${group}`,
    ...commands.flatMap((one) => sections(one, [])),
  ]);
  return `${[HEAD.trimEnd(), ...parts].join('\n\n')}\n`;
}

function sections(command: Command, parents: readonly string[]): readonly string[] {
  const path = [...parents, command.name()];
  const usage = `\`\`\`\nilab-backend ${path.join(' ')} ${command.usage()}\n\`\`\``;
  const own = command.registeredArguments.length > 0 || command.options.length > 0 || command.commands.length === 0;
  const parts = [
    `### ${path.join(' ')}`,
    `${command.description()}.`,
    ...(own ? [usage] : []),
    ...table('argument', command.registeredArguments.map(argumentRow)),
    ...table('option', command.options.filter(({ hidden }) => !hidden).map(optionRow)),
  ];
  return [...parts, ...command.commands.flatMap((one) => sections(one, path))];
}

function argumentRow(argument: Argument): readonly [string, string] {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return [argument.required ? `<${name}>` : `[${name}]`, argument.description];
}

function optionRow({ flags, description, argChoices, defaultValue }: Option): readonly [string, string] {
  const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
  const preset = defaultValue === undefined ? '' : `; default: ${String(defaultValue)}`;
  return [flags, `${description}${choices}${preset}`];
}

function table(head: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  const line = ([name, meaning]: readonly [string, string]): string =>
    `| \`${name}\` | ${meaning.replaceAll('|', '\\|')} |`;
  return [[`| ${head} | meaning |`, '| --- | --- |', ...rows.map(line)].join('\n')];
}
