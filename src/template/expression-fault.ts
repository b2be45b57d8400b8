import type { Place } from '../domain/pipeline/source-file.ts';

/** A fault inside an expression; offsets count from the expression's first character. */
export interface ExpressionFault {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly hint?: string;
}

/** An expression that compiled but has no result for these values: a missing metric, a division by zero. */
export class EvaluationFault extends Error {
  override readonly name = 'EvaluationFault';
  /** The source of the expression. */
  readonly expression: string;
  readonly place: Place;
  /** The name that has no value, e.g. `results.eval.metrics.loss`; absent when something else is wrong. */
  readonly missing?: string;

  constructor(message: string, at: { readonly expression: string; readonly place: Place; readonly missing?: string }) {
    super(message);
    this.expression = at.expression;
    this.place = at.place;
    if (at.missing !== undefined) this.missing = at.missing;
  }
}
