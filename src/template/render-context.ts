import type { Json } from '../domain/json.ts';
import type { CelProgram } from './cel/cel-program.ts';
import type { ExpressionSite } from './expression-site.ts';

/** An expression at its place in a tree, and what the place asks of its result. */
export interface TreeExpression {
  readonly program: CelProgram;
  readonly site: ExpressionSite;
  /** `text`: it becomes part of a string, so it must be a scalar. */
  readonly use: 'value' | 'text' | 'condition' | 'list';
}

/** The values of variables while a tree is rendered, and how its expressions are evaluated. */
export interface RenderContext {
  readonly values: Readonly<Record<string, unknown>>;
  /** The result as JSON; undefined drops the key or item. */
  json(expression: TreeExpression, values: RenderContext['values']): Json | undefined;
  condition(expression: TreeExpression, values: RenderContext['values']): boolean;
  /** The elements of a loop, in CEL's own values. */
  elements(expression: TreeExpression, values: RenderContext['values']): readonly unknown[];
  /** Ends the rendering with a fault that is none of an expression. */
  fail(site: ExpressionSite, message: string): never;
}
