import { visit } from 'yaml';
import type { Json, JsonObject } from '../domain/json.ts';
import type { ExpressionText } from '../domain/pipeline/pipeline.ts';
import type { Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import { celFailure, typeWords } from './cel/cel-fault.ts';
import { type CelProgram, compileCel } from './cel/cel-program.ts';
import { fromCel, ValueMismatch } from './cel/cel-value.ts';
import type { Compiled } from './compiled.ts';
import { type Side, sidesOf } from './explain.ts';
import { EvaluationFault, type ExpressionFault } from './expression-fault.ts';
import { type ExpressionSite, siteInScalar, siteInText } from './expression-site.ts';
import { celValues, type TypeScope } from './scope.ts';
import { offsetOf } from './yaml/source-position.ts';
import { spanOf, yamlSource } from './yaml/yaml-source.ts';

type Primitive = 'bool' | 'int' | 'double' | 'string' | 'list<int>';

/** The type that a result must have; `optional<...>` allows it to be absent as well. An integer also fits `double`. */
export type ExpectedType = Primitive | `optional<${Primitive}>`;

/** An expression that is no part of a tree: a condition, a gate, the location of a source. */
export interface CompiledExpression {
  /** The result; undefined when it is an optional without value. Throws `EvaluationFault`. */
  evaluate(values: JsonObject): Json | undefined;
  /** Both sides of its comparisons, to say why a condition holds or does not. */
  sides(values: JsonObject): readonly Side[];
}

/** An expression and the file it stands in. */
export interface ExpressionInput extends ExpressionText {
  readonly file: SourceFile;
}

/** Compiles one expression written without `${ }`; `place` is where its scalar begins in the file. */
export function compileExpression(
  input: ExpressionInput,
  scope: TypeScope,
  expected?: ExpectedType,
): Compiled<CompiledExpression> {
  const site = siteOf(input);
  const result = compileCel(input.text, scope);
  if (result.kind === 'faults') return { kind: 'problems', problems: result.faults.map(site.problem) };
  const { program } = result;
  const fault = expected === undefined ? undefined : unexpected(program, expected);
  if (fault !== undefined) {
    return { kind: 'problems', problems: [site.problem({ start: 0, end: input.text.length, ...fault })] };
  }
  const evaluate = (values: JsonObject) => checkedResult(evaluated(program, scope, values, site), expected, site);
  const sides = (values: JsonObject) => guarded(site, () => sidesOf(program.ast, scope, celValues(scope, values)));
  return { kind: 'ok', value: { evaluate, sides } };
}

/** Faults that somebody else found in an expression, at their places in its file. */
export function expressionProblems(input: ExpressionInput, faults: readonly ExpressionFault[]): readonly Problem[] {
  return faults.map(siteOf(input).problem);
}

/** To find the scalar the whole file is walked: left until a fault asks for it. */
function siteOf(input: ExpressionInput): ExpressionSite {
  let known: ExpressionSite | undefined;
  const found = () => {
    known ??= scalarAt(input);
    return known;
  };
  return { text: input.text, place: () => found().place(), problem: (fault) => found().problem(fault) };
}

/** The scalar that begins at the place, so that columns hold inside quotes and folded lines too. */
function scalarAt({ text, place, file }: ExpressionInput): ExpressionSite {
  const offset = offsetOf(file, place);
  let found: ExpressionSite | undefined;
  for (const document of yamlSource(file).documents) {
    visit(document, {
      Scalar(_, node) {
        const { start, end } = spanOf(node);
        if (found !== undefined || offset < start || offset >= end || typeof node.value !== 'string') return;
        const at = node.value.indexOf(text);
        if (at !== -1) found = siteInScalar(file, node, text, at);
      },
    });
  }
  return found ?? siteInText(file, text, offset);
}

function unexpected(program: CelProgram, expected: ExpectedType) {
  const wanted = expected.replace(/^optional<(.+)>$/, '$1');
  const fits = program.type === wanted || program.type === 'dyn' || (program.type === 'int' && wanted === 'double');
  if (!fits) return { message: `the result is ${typeWords(program.type)}; here it must be ${typeWords(wanted)}` };
  if (program.optional && wanted === expected) {
    return {
      message: `the result may be absent; here it must be ${typeWords(wanted)}`,
      hint: 'choose a value for when it is absent: `.orValue(...)`',
    };
  }
  return undefined;
}

function evaluated(program: CelProgram, scope: TypeScope, values: JsonObject, site: ExpressionSite): Json | undefined {
  return guarded(site, () => fromCel(program.run(celValues(scope, values))));
}

/** Runs `compute` and turns what CEL throws into an `EvaluationFault` at the site. */
export function guarded<T>(site: ExpressionSite, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof EvaluationFault) throw error;
    const at = { expression: site.text.trim(), place: site.place() };
    if (error instanceof ValueMismatch) throw new EvaluationFault(error.message, at);
    const { message, missing } = celFailure(error);
    throw new EvaluationFault(message, missing === undefined ? at : { ...at, missing });
  }
}

/** `dyn` passes the check at load; its result is looked at here. */
function checkedResult(result: Json | undefined, expected: ExpectedType | undefined, site: ExpressionSite) {
  if (expected === undefined) return result;
  const wanted = expected.replace(/^optional<(.+)>$/, '$1');
  if (result === undefined && wanted !== expected) return result;
  const kinds: Readonly<Record<string, string>> = {
    bool: 'boolean',
    int: 'number',
    double: 'number',
    string: 'string',
  };
  if (wanted === 'list<int>' ? Array.isArray(result) : typeof result === kinds[wanted]) return result;
  const message = `the result is ${JSON.stringify(result) ?? 'absent'}; here it must be ${typeWords(wanted)}`;
  throw new EvaluationFault(message, { expression: site.text.trim(), place: site.place() });
}
