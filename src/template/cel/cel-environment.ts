import { Environment } from '@marcbachmann/cel-js';

/** The functions and methods an expression may call; the others of the library read time zones or make bytes. */
export const FUNCTIONS = ['size', 'string', 'int', 'double', 'dyn', 'has'] as const;

/** The methods it may call on a text, a list, a map or an optional. */
export const METHODS = [
  'size',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'lowerAscii',
  'upperAscii',
  'trim',
  'indexOf',
  'lastIndexOf',
  'substring',
  'split',
  'join',
  'all',
  'exists',
  'exists_one',
  'map',
  'filter',
  'orValue',
  'or',
  'hasValue',
  'value',
] as const;

/** What people type for a method of ours, from other languages. */
export const SYNONYMS: Readonly<Record<string, string>> = {
  length: 'size',
  len: 'size',
  count: 'size',
  toLowerCase: 'lowerAscii',
  lower: 'lowerAscii',
  toUpperCase: 'upperAscii',
  upper: 'upperAscii',
  includes: 'contains',
  hasPrefix: 'startsWith',
  hasSuffix: 'endsWith',
  strip: 'trim',
  every: 'all',
  any: 'exists',
  some: 'exists',
  default: 'orValue',
  getOrElse: 'orValue',
};

/** Methods of the two namespaces `optional` and `cel`, which are no values. */
export const NAMESPACES: Readonly<Record<string, readonly string[]>> = { optional: ['of', 'none'], cel: ['bind'] };

type Arithmetic = (a: number, b: number) => number;

const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** CEL with optionals, and with arithmetic and equality between integers and numbers. */
const BASE = joinNumbers(new Environment({ enableOptionalTypes: true, limits: { maxAstNodes: 5000, maxDepth: 100 } }));

function joinNumbers(environment: Environment): Environment {
  for (const [operator, compute] of Object.entries(ARITHMETIC)) {
    const handler = (a: bigint | number, b: bigint | number) => compute(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double: double`, handler);
    environment.registerOperator(`double ${operator} int: double`, handler);
  }
  // The library compares them by size already; equality it knows only for `dyn`. This registers both directions and `!=`.
  environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
  return environment;
}

/** An environment of its own on top of the common one. */
export function newEnvironment(): Environment {
  return BASE.clone();
}
