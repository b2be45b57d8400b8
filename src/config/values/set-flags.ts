import { nameHint } from '../../domain/closest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { shellWord } from '../../domain/typed-place.ts';
import { type Fault, typedFault } from '../faults.ts';
import { dotted, namedPaths, schemaAt, type ValuePath } from '../schema-paths.ts';
import { POD_SCHEMA } from '../settings/pod-settings.ts';
import { type Given, givenAt } from './given-values.ts';
import { readTypedText } from './typed-text.ts';

/** The values of `--set name=value`, in the order they were typed: a later one wins. */
export function readSetFlags(
  flags: readonly string[],
  schema: JsonObject,
  cwd: string,
): { readonly given: readonly (readonly Given[])[]; readonly faults: readonly Fault[] } {
  const given: (readonly Given[])[] = [];
  const faults: Fault[] = [];
  for (const flag of flags) {
    const read = readSetFlag(flag, schema, cwd);
    if ('fault' in read) faults.push(read.fault);
    else given.push(read.given);
  }
  return { given, faults };
}

function readSetFlag(
  flag: string,
  schema: JsonObject,
  cwd: string,
): { readonly given: readonly Given[] } | { readonly fault: Fault } {
  const equals = flag.indexOf('=');
  const name = equals === -1 ? flag : flag.slice(0, equals);
  if (equals < 1) {
    const hint = exampleFor(name, schema);
    return { fault: typedFault(`--set ${name}`, 'it must be NAME=VALUE', hint) };
  }
  const path: ValuePath = name.split('.');
  const own = schemaAt(schema, path);
  if (own === undefined) {
    if (path[0] === 'pod' && schemaAt(POD_SCHEMA, path.slice(1)) !== undefined) {
      const hint = 'write it under `pod:` of ilab-backend.yaml or a profile';
      return { fault: typedFault(`--set ${name}`, `${name} is a pod setting, and no parameter`, hint) };
    }
    const hint = nameHint(name, namedPaths(schema).map(dotted));
    return { fault: typedFault(`--set ${name}`, `there is no parameter ${name}`, hint) };
  }
  const typed = readTypedText(flag.slice(equals + 1), own);
  if (typed.kind === 'fault') return { fault: typedFault(`--set ${name}`, `${name} ${typed.message}`, typed.hint) };
  // The value of a secret is a reference by now; others are not shown either, to keep one rule.
  const origin = { kind: 'flag', flag: `--set ${name}` } as const;
  return { given: givenAt({ path, value: typed.value, origin, base: cwd }, own) };
}

/** How it would be right: with the name that was typed, where there is one. */
function exampleFor(name: string, schema: JsonObject): string | undefined {
  const own = schemaAt(schema, name.split('.'));
  if (own === undefined) {
    const near = nameHint(name, namedPaths(schema).map(dotted));
    const [first] = namedPaths(schema);
    if (name !== '') return near;
    return first === undefined ? undefined : `for example --set ${dotted(first)}=...`;
  }
  const { default: preset, examples, enum: values } = own;
  const [first] = ([examples, values].find((all) => Array.isArray(all) && all.length > 0) as readonly Json[]) ?? [];
  const value = own['x-secret'] === true ? 'env:NAME' : (first ?? preset);
  const shown =
    value === undefined || isJsonObject(value) ? '...' : typeof value === 'string' ? value : JSON.stringify(value);
  return `for example --set ${name}=${shellWord(shown)}`;
}
