/** Flags that say where a run lives, as a person typed them: each with its value. */
export type TypedPlace = readonly (readonly [flag: string, value: string])[];

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
/** Who plans or drives reads the project, too. */
const OF_A_PROJECT: ReadonlySet<string> = new Set(['run', 'plan', 'resume']);
/** A command in a sentence: to the end of its code span, or where none is, of its phrase; a comma inside a word ends none. */
const COMMAND =
  /ilab-backend (run|plan|resume|list|status|watch|wait|logs|artifacts|diff|diagnose|approve|decline|cancel|rm)\b((?:'[^'\n]*'|[,;](?=\S)|[^`\n,;])*)/g;

/** The flags of a place among the words that were typed, each once. */
export function typedPlace(argv: readonly string[]): TypedPlace {
  const found = new Map<string, string>();
  argv.forEach((word, index) => {
    const [name = '', ...rest] = word.startsWith('--') ? word.split('=') : [word];
    const flag = PLACE_FLAGS[name];
    const value = rest.length > 0 ? rest.join('=') : argv[index + 1];
    if (flag !== undefined && value !== undefined) found.set(flag, value);
  });
  return [...found];
}

/** The text with those flags added to each command in it, so that the command finds the run; what has a flag keeps its own. */
export function withPlace(text: string, place: TypedPlace = []): string {
  if (place.length === 0) return text;
  return text.replace(COMMAND, (whole, command: string, rest: string) => {
    const flags = place
      .filter(([flag]) => flag !== '--project' || OF_A_PROJECT.has(command))
      .filter(([flag]) => !` ${rest} `.includes(` ${flag} `))
      .map(([flag, value]) => ` ${flag} ${shellWord(value)}`);
    const end = rest.trimEnd();
    return `${whole.slice(0, whole.length - rest.length)}${end}${flags.join('')}${rest.slice(end.length)}`;
  });
}

/** A word as a shell takes it for one. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,~-][\w./:@%+,~=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
