import type { Json } from '../domain/json.ts';
import type { Problem } from '../domain/pipeline/source-file.ts';
import type { ExpressionSite } from './expression-site.ts';
import type { RenderContext, TreeExpression } from './render-context.ts';
import type { ItemNode } from './tree-nodes.ts';

/**
 * What a template gives whatever the values: every condition holds, every loop runs once, and each expression is a
 * mark inside a text.
 */
export interface Outline {
  readonly objects: readonly Json[];
  readonly marks: Marks;
}

// Private-use characters: they mean nothing in any text, and a template has no reason to hold them.
const MARK = /\u{f0ee0}(\d+)\u{f0ee1}/gu;

/** The marks of one or more outlines, so that they can be told apart when they are merged. */
export class Marks {
  readonly #expressions: TreeExpression[] = [];

  /** A context that gives marks for results. */
  context(): RenderContext {
    const mark = (expression: TreeExpression) => `\u{f0ee0}${this.#expressions.push(expression) - 1}\u{f0ee1}`;
    return { values: {}, json: mark, condition: () => true, elements: () => [undefined], fail };
  }

  /** The expressions whose marks are in a text. */
  expressionsIn(text: string): readonly TreeExpression[] {
    return [...text.matchAll(MARK)].map((match) => this.#expressions[Number(match[1])] as TreeExpression);
  }
}

/** Rendering would fail whatever the values. */
export class OutlineFault extends Error {
  override readonly name = 'OutlineFault';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

function fail(site: ExpressionSite, message: string): never {
  throw new OutlineFault(site.problem({ start: 0, end: site.text.length, message }));
}

/** The outline of one document. Throws `OutlineFault` when what stands beside an `$include` cannot be merged. */
export function outlineOf(item: ItemNode): Outline {
  const marks = new Marks();
  return { objects: item.render(marks.context()), marks };
}
