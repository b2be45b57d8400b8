// biome-ignore-all lint/suspicious/noTemplateCurlyInString: hints show templates as they are written.

import { TypeError as CelTypeError, EvaluationError, ParseError, serialize } from '@marcbachmann/cel-js';
import type { ExpressionFault } from '../expression-fault.ts';

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end of the expression',
  IDENTIFIER: 'a name',
  NUMBER: 'a number',
  STRING: 'a text',
  BOOLEAN: 'true or false',
  PLUS: '`+`',
  MINUS: '`-`',
  MULTIPLY: '`*`',
  DIVIDE: '`/`',
  MODULO: '`%`',
  EQ: '`==`',
  NE: '`!=`',
  LT: '`<`',
  LE: '`<=`',
  GT: '`>`',
  GE: '`>=`',
  AND: '`&&`',
  OR: '`||`',
  NOT: '`!`',
  IN: '`in`',
  LPAREN: '`(`',
  RPAREN: '`)`',
  LBRACKET: '`[`',
  RBRACKET: '`]`',
  LBRACE: '`{`',
  RBRACE: '`}`',
  DOT: '`.`',
  COMMA: '`,`',
  COLON: '`:`',
  QUESTION: '`?`',
};

/** Said of expressions beyond the limits of the environment, and of the stack. */
export const TOO_DEEP = 'the expression is too long or nested too deeply';

/** A fault that the library found while parsing or checking, in our words. */
export function celFault(error: unknown, text: string): ExpressionFault {
  if (!(error instanceof ParseError) && !(error instanceof CelTypeError)) throw error;
  const { start, end } = error.range ?? { start: 0, end: text.length };
  const { message, hint } = explain(error.code, error.summary);
  return { start, end: Math.max(end, start + 1), message, ...(hint === undefined ? {} : { hint }) };
}

interface Explained {
  readonly message: string;
  readonly hint?: string;
}

function explain(code: string, summary: string): Explained {
  switch (code) {
    case 'expected_token':
    case 'unexpected_token':
      return syntax(summary);
    case 'unexpected_character':
      return unexpectedCharacter(summary);
    case 'reserved_identifier':
      return { message: `\`${summary.replace('Reserved identifier: ', '')}\` is a word of the expression language` };
    case 'no_such_overload':
      return operator(summary);
    case 'no_matching_overload':
      return call(summary);
    case 'incompatible_ternary_branches':
      return { message: `both results of \`? :\` must be of one type; here they are ${both(summary)}`, hint: CONVERT };
    case 'incompatible_argument_type':
      return { message: `what stands in must be of the same type; here they are ${both(summary)}`, hint: CONVERT };
    case 'heterogeneous_list_element':
      return { message: `the elements of a list must be of one type; here are ${both(summary)}`, hint: CONVERT };
    case 'heterogeneous_map_value':
      return { message: `the values of a map must be of one type; here are ${both(summary)}`, hint: CONVERT };
    case 'invalid_logical_operand':
      return { message: `\`&&\` and \`||\` take booleans; here is ${last(summary)}` };
    case 'invalid_condition_type':
      return { message: `a condition is true or false; here is ${last(summary)}` };
    case 'invalid_index_type':
      return { message: `a list is indexed by an integer; here is ${last(summary)}` };
    case 'limit_exceeded':
      return { message: TOO_DEEP };
    default:
      return { message: plainTypes(lowerFirst(summary)) };
  }
}

const CONVERT = 'convert one of them: `string(x)`, `double(x)`, `.orValue(x)`';

/** The two types that a message of the library ends with. */
function both(summary: string): string {
  const [left = '', right = ''] = [...summary.matchAll(/'([^']+)'/g)].map((match) => match[1]).slice(-2);
  return `${typeWords(left)} and ${typeWords(right)}`;
}

function last(summary: string): string {
  return typeWords([...summary.matchAll(/'([^']+)'/g)].at(-1)?.[1] ?? 'dyn');
}

function call(summary: string): Explained {
  const [, receiver, name = '', args = ''] = /'(?:(.+)\.)?(\w+)\((.*)\)'$/.exec(summary) ?? [];
  const owner = receiver === undefined ? `\`${name}\`` : `\`${name}\` of ${typeWords(receiver)}`;
  const given = args === '' ? 'being called with nothing' : splitTypes(args).map(typeWords).join(' and ');
  const optional = receiver === 'optional' || args.includes('optional<');
  return { message: `${owner} does not take ${given}`, ...(optional ? { hint: CHOOSE } : {}) };
}

const CHOOSE = 'choose a value for when it is absent: `.orValue(...)`';

/** The types of arguments; a comma inside `map<string, int>` does not part them. */
function splitTypes(types: string): readonly string[] {
  return types.split(/, (?![^<]*>)/);
}

function syntax(summary: string): Explained {
  const expected = /^Expected (\w+), got (\w+)$/.exec(summary);
  if (expected !== null) return { message: `expected ${token(expected[1])}, found ${token(expected[2])}` };
  return { message: `${token(/: (\w+)$/.exec(summary)?.[1])} is not expected here` };
}

function token(name: string | undefined): string {
  return TOKENS[name ?? ''] ?? String(name).toLowerCase();
}

function unexpectedCharacter(summary: string): Explained {
  const char = /: '?(.)'?$/su.exec(summary)?.[1] ?? '';
  const message = `\`${char}\` is not expected here`;
  const hints: Readonly<Record<string, string>> = {
    '=': 'equality is `==`',
    '&': 'and is `&&`',
    '|': 'or is `||`',
    $: '`${ }` does not go inside an expression',
  };
  const hint = hints[char];
  return hint === undefined ? { message } : { message, hint };
}

function operator(summary: string): Explained {
  const parts = /^no such overload: (.+?) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/.exec(summary);
  if (parts === null) {
    const [, sign = '', type = ''] = /: ([-!])(.+)$/.exec(summary) ?? [];
    return { message: `\`${sign}\` does not take ${typeWords(type)}` };
  }
  const [, left = '', symbol = '', right = ''] = parts;
  const message = `\`${symbol}\` does not take ${typeWords(left)} and ${typeWords(right)}`;
  if (left.startsWith('optional<') || right.startsWith('optional<')) return { message, hint: CHOOSE };
  if (symbol === '+' && (left === 'string' || right === 'string')) {
    return { message, hint: 'convert to text with `string(...)`' };
  }
  return { message };
}

/** A type of CEL in words: `an integer`, `a list of text`. */
export function typeWords(type: string): string {
  const inside = /^(list|optional|dyn)<(.+)>$/.exec(type);
  if (inside?.[1] === 'list') return `a list of ${typeNoun(inside[2] as string)}`;
  if (inside?.[1] === 'dyn') return typeWords(inside[2] as string);
  if (inside?.[1] === 'optional') return `${typeWords(inside[2] as string)} that may be absent`;
  const map = /^map<[^,]+, (.+)>$/.exec(type);
  if (map !== null) return `a map of ${typeNoun(map[1] as string)}`;
  return WORDS[type] ?? `the object \`${type.replace(/^object\./, '')}\``;
}

const WORDS: Readonly<Record<string, string>> = {
  '': 'nothing',
  string: 'a string',
  int: 'an integer',
  double: 'a number',
  bool: 'a boolean',
  null: 'null',
  list: 'a list',
  map: 'a map',
  dyn: 'a value of unknown type',
  optional: 'a value that may be absent',
  type: 'a type',
};

function typeNoun(type: string): string {
  const nouns: Readonly<Record<string, string>> = {
    string: 'strings',
    int: 'integers',
    double: 'numbers',
    bool: 'booleans',
  };
  return nouns[type] ?? typeWords(type).replace(/^an? /, '');
}

/** The library's names of our types, without the prefix that keeps them apart from its own. */
function plainTypes(text: string): string {
  return text.replace(/\bobject\.(?=\w)/g, '');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Why an expression has no result; `missing` names what has no value. */
export function celFailure(error: unknown): ExpressionFault & { readonly missing?: string } {
  if (!(error instanceof EvaluationError)) throw error;
  const range = error.range ?? { start: 0, end: 1 };
  const node = error.node;
  if ((error.code === 'no_such_key' || error.code === 'index_out_of_bounds') && node !== undefined) {
    const missing = serialize(node);
    return { ...range, message: `\`${missing}\` has no value`, missing };
  }
  if (error.code === 'unknown_variable') {
    const missing = error.summary.replace('Unknown variable: ', '');
    return { ...range, message: `\`${missing}\` has no value`, missing };
  }
  return { ...range, message: plainTypes(lowerFirst(error.summary)) };
}
