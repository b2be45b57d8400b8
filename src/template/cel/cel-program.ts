import { type ASTNode, type ParseResult, serialize } from '@marcbachmann/cel-js';
import type { ExpressionFault } from '../expression-fault.ts';
import { checkNames } from '../name-check.ts';
import type { TypeScope } from '../scope.ts';
import { celFault, TOO_DEEP } from './cel-fault.ts';

/** A checked expression. */
export interface CelProgram {
  readonly ast: ASTNode;
  /** The name of the result's type; of an optional the type inside. */
  readonly type: string;
  /** True when the result may be absent. */
  readonly optional: boolean;
  /** The result in CEL's own values. Throws the library's errors: `celFailure` explains them. */
  run(values: Readonly<Record<string, unknown>>): unknown;
}

/** A program, or every fault that was found, with offsets into the text. */
export type CelResult =
  | { readonly kind: 'ok'; readonly program: CelProgram }
  | { readonly kind: 'faults'; readonly faults: readonly ExpressionFault[] };

const compiledBefore = new WeakMap<TypeScope, Map<string, CelResult>>();

/** The optional fields that conditions around an expression have asked for with `has()`. */
export type Present = ReadonlySet<string>;

const NOTHING_KNOWN: Present = new Set();

/** Parses and checks an expression; the same text in the same scope is compiled once. */
export function compileCel(text: string, scope: TypeScope, present: Present = NOTHING_KNOWN): CelResult {
  let known = compiledBefore.get(scope);
  if (known === undefined) {
    known = new Map();
    compiledBefore.set(scope, known);
  }
  const key = present.size === 0 ? text : JSON.stringify([text, ...present]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const result = compileFresh(text, scope, present);
  known.set(key, result);
  return result;
}

function compileFresh(text: string, scope: TypeScope, present: Present): CelResult {
  if (text.trim() === '') return faults([{ start: 0, end: text.length, message: 'the expression is empty' }]);
  try {
    const parsed = scope.environment.parse(text);
    const names = checkNames(parsed.ast, { variables: scope.variables, present });
    return names.length > 0 ? faults(names) : checked(parsed, text);
  } catch (error) {
    // The library limits the depth of brackets, but not how many signs may follow each other.
    if (!(error instanceof RangeError)) return faults([celFault(error, text)]);
    return faults([{ start: 0, end: text.length, message: TOO_DEEP }]);
  }
}

function checked(parsed: ParseResult, text: string): CelResult {
  const result = parsed.check();
  if (!result.valid) throw result.error;
  const whole = result.type ?? 'dyn';
  const inside = /^optional<(.+)>$/.exec(whole)?.[1];
  const type = inside ?? whole;
  if (/optional</.test(type)) {
    const message = 'the result holds values that may be absent';
    return faults([{ start: 0, end: text.length, message, hint: 'give each a value: `.orValue(...)`' }]);
  }
  const run: CelProgram['run'] = (values) => parsed(values);
  return { kind: 'ok', program: { ast: parsed.ast, type, optional: inside !== undefined, run } };
}

function faults(found: readonly ExpressionFault[]): CelResult {
  return { kind: 'faults', faults: found };
}

/** The source of a part of an expression, in the library's spelling. */
export function sourceOf(ast: ASTNode): string {
  return serialize(ast);
}
