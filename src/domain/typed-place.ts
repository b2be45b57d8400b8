/**
 * Flags that say where a run lives, as a person typed them: each with its value. `planned`: nobody typed it, as the run is found
 * without; only a new run beside it needs it.
 */
export type TypedPlace = readonly (readonly [flag: string, value: string, of?: 'planned'])[];

/** Long name of each flag of a place by the names it may be typed with. */
const PLACE_FLAGS: Readonly<Record<string, string>> = {
  '--target': '--target',
  '--context': '--context',
  '-n': '-n',
  '--namespace': '-n',
  '--kubeconfig': '--kubeconfig',
  '--state-dir': '--state-dir',
  '--project': '--project',
};
const OF_A_CLUSTER = ['--target', '--context', '-n', '--kubeconfig'] as const;
const OF_RUNS = [...OF_A_CLUSTER, '--state-dir'] as const;
const OF_IMAGES = ['--project', '--state-dir'] as const;
/** Which of them a command takes. */
export const PLACE_OF_COMMAND: Readonly<Record<string, readonly string[]>> = {
  // Who plans or drives reads the project, too.
  ...Object.fromEntries(['run', 'plan', 'resume', 'render', 'doctor'].map((name) => [name, [...OF_RUNS, '--project']])),
  ...Object.fromEntries(
    [
      ...['list', 'status', 'watch', 'wait', 'logs', 'artifacts', 'diff', 'diagnose', 'report'],
      ...['approve', 'decline', 'cancel', 'rm', 'prune'],
    ].map((name) => [name, OF_RUNS]),
  ),
  'images build': OF_IMAGES,
  'images list': OF_IMAGES,
  rbac: ['-n', '--project'],
  validate: ['--project'],
  'config view': ['--project'],
  'pipelines list': ['--project'],
  'pipelines show': ['--project'],
};
/** A command in a sentence: to the end of its code span, or where none is, of its phrase; a comma inside a word ends none. */
const COMMAND = new RegExp(
  `ilab-backend (${Object.keys(PLACE_OF_COMMAND).join('|')})\\b((?:'[^'\\n]*'|\\\\'|[,;](?=\\S)|[^\`\\n,;|])*)`,
  'g',
);

/** Where our output is piped into it, so that it goes to the same cluster. */
const KUBECTL = /\| kubectl apply\b/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROLS = new RegExp(CONTROL, 'g');

/** The flags of a place among the words that were typed, each once. */
export function typedPlace(argv: readonly string[]): TypedPlace {
  const found = new Map<string, string>();
  argv.forEach((word, index) => {
    const [, name = '', joined] = /^(--[^=]+)=(.*)$/s.exec(word) ?? /^(-n)=?(.+)$/s.exec(word) ?? [word, word];
    const flag = PLACE_FLAGS[name];
    const value = joined ?? argv[index + 1];
    if (flag !== undefined && value !== undefined) found.set(flag, value);
  });
  return [...found];
}

/** The text with those flags added to each command in it, so that the command finds the run; what has a flag keeps its own. */
export function withPlace(text: string, place: TypedPlace = []): string {
  if (place.length === 0) return text;
  const flagsFor = (taken: readonly string[], rest: string, plans = false): string =>
    place
      .filter(([, , of]) => of === undefined || plans)
      .filter(([flag]) => taken.includes(flag) && !` ${rest} `.includes(` ${flag} `))
      .map(([flag, value]) => ` ${flag} ${shellWord(value)}`)
      .join('');
  return text
    .replace(COMMAND, (whole, command: string, rest: string) => {
      const end = rest.trimEnd();
      const flags = flagsFor(PLACE_OF_COMMAND[command] ?? [], rest, command === 'run' || command === 'plan');
      return `${whole.slice(0, whole.length - rest.length)}${end}${flags}${rest.slice(end.length)}`;
    })
    .replace(KUBECTL, (whole) => `${whole}${flagsFor(['--context', '--kubeconfig'], '')}`);
}

/** A word as a shell takes it for one, in one line. */
export function shellWord(text: string): string {
  if (CONTROL.test(text)) return `$'${text.replace(/[\\']/g, '\\$&').replace(CONTROLS, escaped)}'`;
  return /^[\w./:@%+,-][\w./:@%+,=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** As bash, zsh and POSIX.1-2024 read it between $' and '. */
function escaped(control: string): string {
  return `\\${control.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
