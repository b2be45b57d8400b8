import { closest } from '../../domain/closest.ts';
import type { NoData } from '../../domain/data/no-data.ts';
import { UserError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { describeFaults } from '../faults.ts';
import { builtinNames } from '../locations.ts';
import { dotted, schemaAt } from '../schema-paths.ts';
import type { Given } from './given-values.ts';
import { faultOf } from './resolve-values.ts';

/** Data that a parameter names, as somebody wrote it. */
export interface NamedLocation {
  /** Dotted. */
  readonly param: string;
  /** What holds: an absolute folder where the text is a path. */
  readonly location: string;
  readonly giver: Given;
  /** What else was meant, if this is not there: a built-in name, a model of the hub. */
  readonly meant?: string;
}

/** Every location that a layer gave and that holds. */
export function namedLocations(givers: ReadonlyMap<string, Given>, schema: JsonObject): readonly NamedLocation[] {
  return [...givers.values()].flatMap((giver) => {
    const { path, value, written } = giver;
    const own = schemaAt(schema, path);
    if (own?.['x-source'] === undefined || typeof value !== 'string') return [];
    const meant = written === undefined ? undefined : meantInstead(written, own);
    return [{ param: dotted(path), location: value, giver, ...(meant === undefined ? {} : { meant }) }];
  });
}

/** The same fault at the place that names the data, with what to change. */
export function noDataNamed(
  error: NoData,
  { param, giver, meant }: Pick<NamedLocation, 'param' | 'giver' | 'meant'>,
): UserError {
  const hint = meant === undefined ? undefined : `did you mean \`${meant}\`?`;
  const message = describeFaults(error.message, [faultOf(giver, 'it is named here', hint)]);
  return new UserError('bad-input', message, { hint: changeIt(param, giver), cause: error });
}

function changeIt(param: string, { path, origin }: Given): string {
  const typed = `\`--set ${param}=...\``;
  if (origin.kind === 'flag') return `type another with ${typed}`;
  if (origin.kind === 'environment') return `change \`${origin.variable}\`, or type ${typed}`;
  return 'file' in origin ? `change \`${path.at(-1)}:\` in ${origin.file}, or type ${typed}` : `type ${typed}`;
}

const HUB_NAME = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(@[A-Za-z0-9][\w./-]*)?$/;

/** What somebody meant who wrote a text that is no folder; `own`: the schema of a parameter that chooses data. */
function meantInstead(text: string, own: JsonObject): string | undefined {
  const builtin = builtinNames(own['x-source']);
  const near = closest(text, builtin);
  if (near !== undefined) return near;
  return HUB_NAME.test(text) && takesModels(builtin, own['examples']) ? `hf:${text}` : undefined;
}

/** What is built in is a model; else the examples tell. */
function takesModels(builtin: readonly string[], examples: Json | undefined): boolean {
  if (builtin.length > 0) return true;
  return Array.isArray(examples) && examples.some((one) => typeof one === 'string' && one.startsWith('hf:'));
}
