import { nameHint } from '../domain/closest.ts';
import { NOTIFY_VARIABLES } from '../domain/driver-arguments.ts';
import type { JsonObject } from '../domain/json.ts';
import { type Fault, typedFault } from './faults.ts';
import { dotted, namedPaths, schemaAt, type ValuePath } from './schema-paths.ts';
import { type Given, givenAt } from './values/given-values.ts';
import { readTypedText } from './values/typed-text.ts';
import { upperSnake } from './values/upper-snake.ts';

/** The variables that stand for a flag. An empty variable counts as unset. */
export const FLAG_VARIABLES = {
  pipeline: 'ILAB_BACKEND_PIPELINE',
  profile: 'ILAB_BACKEND_PROFILE',
  project: 'ILAB_BACKEND_PROJECT',
  stateDir: 'ILAB_BACKEND_STATE_DIR',
  /** The image of this program, which moves data and drives runs inside a cluster; absent = as built here. */
  image: 'ILAB_BACKEND_IMAGE',
  /** On whose behalf the program works; absent = whose process it is. */
  user: 'ILAB_BACKEND_USER',
  /** What the references of `notify:` mean, where they name a Secret of a cluster. */
  notifySecret: NOTIFY_VARIABLES.secret,
  notifyUrl: NOTIFY_VARIABLES.url,
} as const;

const PREFIX = 'ILAB_BACKEND_';
const PARAM_PREFIX = 'ILAB_BACKEND_PARAM_';

export type Variables = Readonly<Record<string, string | undefined>>;

/** `train.epochs` is `ILAB_BACKEND_PARAM_TRAIN_EPOCHS`. */
export function variableOf(path: ValuePath): string {
  return PARAM_PREFIX + path.map(upperSnake).join('_');
}

/** The value of a flag's variable; undefined when it is unset or empty. */
export function flagVariable(env: Variables, flag: keyof typeof FLAG_VARIABLES): string | undefined {
  const value = env[FLAG_VARIABLES[flag]];
  return value === '' ? undefined : value;
}

/** The parameters that variables give. A name of ours that means nothing is a fault: it is a misspelt one. */
export function readEnvironment(
  env: Variables,
  schema: JsonObject,
  cwd: string,
): { readonly given: readonly Given[]; readonly faults: readonly Fault[] } {
  const paths = pathsByVariable(schema);
  const known = [...Object.values(FLAG_VARIABLES), ...paths.keys()];
  const given: Given[] = [];
  const faults: Fault[] = [];
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (!variable.startsWith(PREFIX) || text === undefined || text === '') continue;
    if (Object.values(FLAG_VARIABLES).some((flag) => flag === variable)) continue;
    const [path, other] = paths.get(variable) ?? [];
    if (path === undefined) {
      faults.push(typedFault(`$${variable}`, 'there is no such variable', nameHint(variable, known)));
    } else if (other !== undefined) {
      const hint = `use --set ${dotted(path)}=... or --set ${dotted(other)}=...`;
      faults.push(typedFault(`$${variable}`, `it can mean ${dotted(path)} and ${dotted(other)}`, hint));
    } else {
      const own = schemaAt(schema, path) as JsonObject;
      const typed = readTypedText(text, own);
      if (typed.kind === 'ok') {
        const origin = { kind: 'environment', variable } as const;
        given.push(...givenAt({ path, value: typed.value, origin, base: cwd }, own));
      } else {
        faults.push(typedFault(`$${variable}`, `${dotted(path)} ${typed.message}`, typed.hint));
      }
    }
  }
  return { given, faults };
}

function pathsByVariable(schema: JsonObject): ReadonlyMap<string, readonly ValuePath[]> {
  const paths = new Map<string, ValuePath[]>();
  for (const path of namedPaths(schema)) {
    const variable = variableOf(path);
    paths.set(variable, [...(paths.get(variable) ?? []), path]);
  }
  return paths;
}
