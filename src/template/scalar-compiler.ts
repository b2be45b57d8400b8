// biome-ignore-all lint/suspicious/noTemplateCurlyInString: hints show templates as they are written.

import { isAlias, isScalar, type Pair, type Scalar } from 'yaml';
import { typeWords } from './cel/cel-fault.ts';
import { compileCel } from './cel/cel-program.ts';
import { type At, addProblem, type Session } from './compile-session.ts';
import type { ExpressionFault } from './expression-fault.ts';
import { siteInScalar } from './expression-site.ts';
import { type Part, splitExpressions } from './interpolation.ts';
import { literalValue } from './literal-value.ts';
import type { TreeExpression } from './render-context.ts';
import { ExpressionNode, LiteralNode, TextNode, type TreeNode } from './tree-nodes.ts';
import { keyText } from './yaml/yaml-source.ts';

type ExpressionPart = Part & { readonly kind: 'expression' };

/** Compiles a scalar: a literal, one whole expression, or text with expressions. */
export function compileScalar(session: Session, node: Scalar, at: At): TreeNode {
  const { value } = node;
  if (typeof value !== 'string' || !value.includes('${')) return literal(session, node, at);
  const { parts, unclosed } = splitExpressions(value);
  if (unclosed !== undefined) {
    const message = unclosed.quote ? 'a text inside `${ }` has no closing quote' : '`${` has no closing `}`';
    const fault = { start: 0, end: 2, message, hint: 'a literal `${` is written `$${`' };
    session.problems.push(siteInScalar(at.file, node, '${', unclosed.at).problem(fault));
    return new LiteralNode(null);
  }
  const [only] = parts;
  if (parts.length === 1 && only?.kind === 'text') return new LiteralNode(only.text);
  const whole = parts.length === 1;
  const compiled = parts.map((part, index) => {
    if (part.kind === 'text') return part.text;
    if (at.door === 'expand') refuseInsideReference(session, node, { part, before: parts[index - 1] }, at);
    return compilePart(session, node, part, whole ? 'value' : 'text', at);
  });
  const sound = compiled.filter((part) => part !== undefined);
  if (sound.length < compiled.length) return new LiteralNode(null);
  const [first] = sound;
  return whole && typeof first === 'object' ? new ExpressionNode(first, at.door) : new TextNode(sound, at.door);
}

function literal(session: Session, node: Scalar, at: At): TreeNode {
  const found = literalValue(node, session.manifest);
  if (found.kind === 'ok') return new LiteralNode(found.value);
  addProblem(session, at, node, found.message, found.hint);
  return new LiteralNode(null);
}

/** The value of `$if` and of a loop's variable: one whole expression; undefined when it is not, which is reported. */
export function compileWhole(
  session: Session,
  pair: Pair,
  use: 'condition' | 'list',
  at: At,
): TreeExpression | undefined {
  const node = isAlias(pair.value) ? pair.value.resolve(at.document) : pair.value;
  const value: unknown = isScalar(node) ? node.value : undefined;
  const parts = typeof value === 'string' ? splitExpressions(value).parts : [];
  const [only] = parts;
  if (isScalar(node) && parts.length === 1 && only?.kind === 'expression') {
    return compilePart(session, node, only, use, at);
  }
  const key = keyText(pair.key);
  const message = `\`${key}\` takes ${use === 'condition' ? 'a condition' : 'a list'}: one whole expression`;
  addProblem(session, at, node ?? pair.key, message, `for example \`${key}: \${params.x}\``);
  return undefined;
}

function compilePart(
  session: Session,
  node: Scalar,
  part: ExpressionPart,
  use: TreeExpression['use'],
  at: At,
): TreeExpression | undefined {
  const site = siteInScalar(at.file, node, part.text, part.start);
  const result = compileCel(part.text, at.scope, at.present);
  if (result.kind === 'faults') {
    session.problems.push(...result.faults.map(site.problem));
    return undefined;
  }
  const misfit = misuse(result.program, use);
  if (misfit === undefined) return { program: result.program, site, use };
  session.problems.push(site.problem({ ...extent(part.text), ...misfit }));
  return undefined;
}

/** `$(${x})` would let a value choose which variable the kubelet puts there. */
function refuseInsideReference(
  session: Session,
  node: Scalar,
  { part, before }: { readonly part: ExpressionPart; readonly before: Part | undefined },
  at: At,
): void {
  if (before?.kind !== 'text' || !/(^|[^$])(\$\$)*\$\([^)]*$/.test(before.text)) return;
  const message = 'an expression inside `$( )` would let a value choose the variable';
  const site = siteInScalar(at.file, node, part.text, part.start);
  const hint = 'name the variable yourself, or give the value as it is: `${...}`';
  session.problems.push(site.problem({ ...extent(part.text), message, hint }));
}

/** The expression without the white space around it. */
function extent(text: string): { readonly start: number; readonly end: number } {
  return { start: text.length - text.trimStart().length, end: text.trimEnd().length };
}

interface ResultType {
  readonly type: string;
  readonly optional: boolean;
}

/** Why a result of this type cannot be used so; undefined when it can. */
function misuse(
  { type, optional }: ResultType,
  use: TreeExpression['use'],
): Omit<ExpressionFault, 'start' | 'end'> | undefined {
  const words = typeWords(optional ? `optional<${type}>` : type);
  const choose = 'choose a value for when it is absent: `.orValue(...)`';
  switch (use) {
    case 'value':
      return undefined;
    case 'text': {
      const message = `${words} cannot be part of a text`;
      if (optional) return { message, hint: choose };
      if (/^list\b/.test(type)) return { message, hint: 'join it: `.join(",")`' };
      return /^(map|object|null)\b/.test(type) ? { message } : undefined;
    }
    case 'condition': {
      const message = `a condition is true or false; this is ${words}`;
      if (optional) return { message, hint: choose };
      return type === 'bool' || type === 'dyn' ? undefined : { message };
    }
    case 'list':
      return /^(list|map|dyn)\b/.test(type)
        ? undefined
        : { message: `a loop runs over a list or a map; this is ${words}` };
  }
}
