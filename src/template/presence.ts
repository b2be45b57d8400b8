import { type ASTNode, serialize } from '@marcbachmann/cel-js';

/** The fields that are there whenever a condition is true, or whenever it is false: what it asks with `has()`. */
export function presentWhen(condition: ASTNode, truth: boolean): readonly string[] {
  switch (condition.op) {
    case '!_':
      return presentWhen(condition.args, !truth);
    case '&&':
      return truth ? condition.args.flatMap((side) => presentWhen(side, true)) : [];
    case '||':
      return truth ? [] : condition.args.flatMap((side) => presentWhen(side, false));
    case 'call': {
      const [name, [field]] = condition.args;
      return truth && name === 'has' && field !== undefined ? [serialize(field)] : [];
    }
    default:
      return [];
  }
}
