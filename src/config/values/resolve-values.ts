import { isCollection, isNode, type Node } from 'yaml';
import { nameHint } from '../../domain/closest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ParamSchema } from '../../template/schema/param-schema.ts';
import type { ValueFault } from '../../template/schema/value-fault.ts';
import { problemAt } from '../../template/yaml/source-position.ts';
import { spanOf } from '../../template/yaml/yaml-source.ts';
import { type Fault, typedFault } from '../faults.ts';
import { dotted, type ValuePath } from '../schema-paths.ts';
import type { Given } from './given-values.ts';
import { mergeGiven } from './merge-given.ts';
import { type Origin, showOrigin } from './origin.ts';

/** The values of all layers, judged. */
export interface ResolvedValues {
  /** With the schema's defaults. */
  readonly values: JsonObject;
  /** By dotted path, of what layers give; the rest are defaults. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** The same with all that is known of who gave it. */
  readonly givers: ReadonlyMap<string, Given>;
  readonly faults: readonly Fault[];
  /** Dotted paths of what must have a value and has none. */
  readonly missing: readonly string[];
}

/** `layers` from the lowest to the highest; `block` is for messages: what is no parameter is named with it. */
export function resolveValues(
  schema: ParamSchema,
  layers: readonly (readonly Given[])[],
  block: 'params' | 'pod' | 'notify' = 'params',
): ResolvedValues {
  const above = block === 'params' ? [] : [block];
  const { values: merged, given } = mergeGiven(layers);
  const values = schema.withDefaults(merged);
  const judged = schema.validate(values);
  const missing = judged.filter((fault) => fault.keyword === 'required' && giverOf(given, fault) === undefined);
  return {
    values,
    origins: new Map(given.map((one) => [dotted(one.path), one.origin])),
    givers: new Map(given.map((one) => [dotted(one.path), one])),
    faults: judged.flatMap((fault) => {
      if (!missing.includes(fault)) return [toFault(placed(fault, schema), giverOf(given, fault), above)];
      // Of parameters the lines to add are told for all together; of a block, beside what was given of it.
      return block === 'params' ? [] : [absentFault(fault, schema, given, block)];
    }),
    missing: missing.map((fault) => fault.path.join('.')),
  };
}

/** Who gave the value that is at fault: the deepest of those around it. */
function giverOf(given: readonly Given[], fault: ValueFault): Given | undefined {
  const path = fault.path.map(String);
  return given
    .filter((one) => one.path.length <= path.length && one.path.every((name, index) => name === path[index]))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** A name that is known elsewhere, with where: the judge knows only those beside it. */
function placed(fault: ValueFault, schema: ParamSchema): ValueFault {
  if (fault.keyword !== 'additionalProperties' || isGuess(fault.hint)) return fault;
  const hint = nameHint(
    fault.path.join('.'),
    schema.leaves().map(({ path }) => path),
  );
  return hint !== undefined && isGuess(hint) ? { ...fault, hint } : fault;
}

/** Something of a setting was given, and something that must stand beside it was not. */
function absentFault({ path }: ValueFault, schema: ParamSchema, given: readonly Given[], block: string): Fault {
  const steps = path.map(String);
  const around = steps.slice(0, -1);
  const beside = given.find((one) => around.every((step, index) => one.path[index] === step));
  const title = schema.leaves().find((leaf) => leaf.path === steps.join('.'))?.title;
  const message = `\`${[block, ...steps].join('.')}\` has no value, and must have one beside this`;
  const hint = `add \`${steps.at(-1)}:\` to \`${[block, ...around].join('.')}:\`${title === undefined ? '' : `: ${title}`}`;
  return beside === undefined ? typedFault('values', message, hint) : faultOf(beside, message, hint, 'key');
}

function isGuess(hint: string | undefined): boolean {
  return hint?.startsWith('did you mean') === true;
}

function toFault(fault: ValueFault, giver: Given | undefined, above: readonly string[]): Fault {
  const message = `\`${shownPath([...above, ...fault.path])}\` ${fault.message}`;
  if (giver === undefined) return typedFault('values', message, fault.hint);
  const inside = fault.path.slice(giver.path.length);
  const unknown = fault.keyword === 'additionalProperties' && fault.path.length === giver.path.length;
  return faultOf(giver, message, fault.hint, unknown ? 'key' : inside);
}

/** A fault of what somebody gave, at its place in a file or as it was typed; `part` is what the marker underlines: steps lead into a list. */
export function faultOf(
  giver: Given,
  message: string,
  hint?: string,
  part: 'key' | readonly (string | number)[] = [],
): Fault {
  if (giver.at === undefined) return typedFault(showOrigin(giver.origin), message, hint);
  const { reader, key, value } = giver.at;
  const node = part === 'key' ? key : nodeInside(value, part);
  return { kind: 'file', problem: problemAt(reader.file, spanOf(node), message, hint) };
}

/** As far as the file has nodes for the steps. */
function nodeInside(node: Node, [step, ...steps]: readonly (string | number)[]): Node {
  const inner: unknown = step !== undefined && isCollection(node) ? node.get(step, true) : undefined;
  return isNode(inner) ? nodeInside(inner, steps) : node;
}

function shownPath(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

/** The value at a dotted path; undefined when there is none. */
export function valueAt(values: JsonObject, path: string): Json | undefined {
  return valueIn(values, path.split('.'));
}

/** The same for steps: a key of a map may hold dots. */
export function valueIn(values: JsonObject, steps: ValuePath): Json | undefined {
  let found: Json | undefined = values;
  for (const name of steps) {
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}
