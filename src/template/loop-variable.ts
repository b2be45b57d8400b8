import type { TypeScope } from './scope.ts';

/** Words CEL keeps for itself, and the names of its types and namespaces. */
const RESERVED = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return var void ' +
    'while prototype bool bytes cel double dyn google int list map null_type optional string type uint'
  ).split(' '),
);

/** Why a name cannot be a loop's variable; undefined when it can. */
export function loopVariableFault(name: string, scope: TypeScope): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return 'a variable is letters, digits and `_`, a letter first';
  if (RESERVED.has(name)) return `\`${name}\` is a word of the expression language`;
  if (scope.variables.has(name)) return `there is already a variable \`${name}\` here`;
  return undefined;
}
