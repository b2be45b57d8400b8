import { type ASTNode, serialize } from '@marcbachmann/cel-js';
import { closest, nameHint } from '../domain/closest.ts';
import { FUNCTIONS, METHODS, NAMESPACES, SYNONYMS } from './cel/cel-environment.ts';
import type { ExpressionFault } from './expression-fault.ts';
import { presentWhen } from './presence.ts';
import { DYN, STRING, type ValueType } from './schema/value-type.ts';

/** What is known of a node's type: undefined = leave it to CEL. `maybe`: an optional. */
interface Known {
  readonly type: ValueType;
  readonly maybe: boolean;
}

/** What an expression sees at some place. */
interface View {
  readonly variables: ReadonlyMap<string, ValueType>;
  /** Optional fields that are there, because a condition around the place asked with `has()`. */
  readonly present: ReadonlySet<string>;
}

/**
 * Every name in an expression that does not exist or may be absent, and every function that is not of the language.
 * CEL itself stops at the first, gives no nearest name, and lets `.?` and `has()` name fields that no type has.
 */
export function checkNames(root: ASTNode, view: View): readonly ExpressionFault[] {
  const checker = new NameChecker(root.input);
  checker.visit(root, view);
  return checker.faults;
}

const BINDERS = ['all', 'exists', 'exists_one', 'map', 'filter'];

class NameChecker {
  readonly faults: ExpressionFault[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  visit(node: ASTNode, view: View): Known | undefined {
    switch (node.op) {
      case 'id':
        return this.#variable(node, node.args, view);
      case '.':
      case '.?':
        return this.#field(node, node.args[0], node.args[1], view);
      case '[]':
      case '[?]':
        return this.#index(node, view);
      case 'call':
        return this.#call(node, view);
      case 'rcall':
        return this.#method(node, view);
      case '?:':
        return this.#choice(node.args, view);
      case 'value':
        return this.#literal(node);
      case 'map':
        return this.#mapLiteral(node, view);
      case 'list':
        for (const item of node.args) this.visit(item, view);
        return undefined;
      case '!_':
      case '-_':
        this.visit(node.args, view);
        return undefined;
      case '&&':
      case '||':
        this.visit(node.args[0], view);
        this.visit(node.args[1], given(view, node.args[0], node.op === '&&'));
        return undefined;
      default:
        for (const operand of node.args) this.visit(operand, view);
        return undefined;
    }
  }

  #variable(node: ASTNode, name: string, view: View): Known | undefined {
    const type = view.variables.get(name);
    if (type !== undefined) return { type, maybe: false };
    this.#fault(node.start, node.end, `there is no variable \`${name}\``, nameHint(name, view.variables.keys()));
    return undefined;
  }

  #field(node: ASTNode, left: ASTNode, name: string, view: View): Known | undefined {
    const owner = this.visit(left, view);
    if (owner === undefined) return undefined;
    // The library starts an access node at its name.
    const start = node.end - name.length;
    const present = view.present.has(serialize(node));
    return this.#access({ node, owner, name, start, end: node.end, guarded: node.op === '.?', present });
  }

  #index(node: ASTNode & { readonly op: '[]' | '[?]' }, view: View): Known | undefined {
    const [left, index] = node.args;
    const owner = this.visit(left, view);
    this.visit(index, view);
    if (owner === undefined) return undefined;
    const guarded = node.op === '[?]';
    if (owner.type.kind === 'list') return { type: owner.type.element, maybe: owner.maybe || guarded };
    const name: unknown = index.op === 'value' ? index.args : undefined;
    if (typeof name === 'string') {
      return this.#access({ node, owner, name, start: index.start, end: index.end, guarded });
    }
    if (owner.type.kind === 'map') return { type: owner.type.value, maybe: owner.maybe || guarded };
    if (owner.type.kind === 'object') {
      const message = 'an object takes a name in quotes, not one that is computed';
      this.#fault(index.start, index.end, message, 'a map (`additionalProperties` with a schema) takes any key');
    }
    return undefined;
  }

  #access(access: {
    readonly node: ASTNode;
    readonly owner: Known;
    readonly name: string;
    readonly start: number;
    readonly end: number;
    /** Read with `.?`, or asked for by `has()`. */
    readonly guarded: boolean;
    /** A condition around the place has asked for it. */
    readonly present?: boolean;
  }): Known | undefined {
    const { owner, name, guarded } = access;
    const maybe = owner.maybe || guarded;
    if (owner.type.kind === 'map') return { type: owner.type.value, maybe };
    if (owner.type.kind === 'dyn') return { type: DYN, maybe };
    if (owner.type.kind !== 'object') {
      this.#fault(access.start, access.end, `a ${owner.type.kind} has no field \`${name}\``);
      return undefined;
    }
    const field = owner.type.fields.get(name);
    const before = this.#text.slice(access.node.start, access.start).replace(/\s*(\.\??|\[\??)\s*$/, '');
    if (field === undefined) {
      const message = `\`${before}\` has no field \`${name}\``;
      this.#fault(access.start, access.end, message, nameHint(name, owner.type.fields.keys()));
      return undefined;
    }
    if (field.optional && !maybe && !access.present) {
      const safe = access.node.op === '.' ? `${before}.?${name}` : `${before}[?${JSON.stringify(name)}]`;
      const hint = `write \`${safe}\` to leave the key out then, or \`${safe}.orValue(...)\` to choose a value`;
      this.#fault(access.start, access.end, `\`${name}\` may be absent: it is not required and has no default`, hint);
    }
    return { type: field.type, maybe };
  }

  #call(node: ASTNode & { readonly op: 'call' }, view: View): Known | undefined {
    const [name, args] = node.args;
    if (name === 'has' && args.length === 1) return this.#has(args[0] as ASTNode, view);
    const known = args.map((arg) => this.visit(arg, view));
    if (!FUNCTIONS.some((allowed) => allowed === name)) {
      this.#fault(node.start, node.start + name.length, `there is no function \`${name}\``, functionHint(name));
    }
    return name === 'dyn' && known[0] !== undefined ? { type: DYN, maybe: known[0].maybe } : undefined;
  }

  /** `has(a.b)` asks whether `b` is there: `b` may be absent, but must be a field, and `a` must be there. */
  #has(arg: ASTNode, view: View): undefined {
    if (arg.op !== '.' && arg.op !== '.?') {
      this.visit(arg, view);
      return;
    }
    const owner = this.visit(arg.args[0], view);
    const name = arg.args[1];
    const start = arg.end - name.length;
    if (owner !== undefined) this.#access({ node: arg, owner, name, start, end: arg.end, guarded: true });
  }

  #method(node: ASTNode & { readonly op: 'rcall' }, view: View): Known | undefined {
    const [name, receiver, args] = node.args;
    if (receiver.op === 'id' && !view.variables.has(receiver.args) && NAMESPACES[receiver.args] !== undefined) {
      return this.#namespaced(node, receiver.args, view);
    }
    const owner = this.visit(receiver, view);
    if (!METHODS.some((allowed) => allowed === name)) {
      const start = receiver.end + 1;
      this.#fault(start, start + name.length, `there is no method \`${name}\``, methodHint(name, owner));
    }
    if (BINDERS.includes(name)) return this.#loop({ name, owner, args, view });
    const given = args.map((arg) => this.visit(arg, view));
    if (owner === undefined) return undefined;
    if (name === 'orValue' || name === 'value') return { type: owner.type, maybe: false };
    if (name === 'or') return { type: owner.type, maybe: given[0]?.maybe ?? true };
    return undefined;
  }

  #namespaced(node: ASTNode & { readonly op: 'rcall' }, namespace: string, view: View): Known | undefined {
    const [name, , args] = node.args;
    if (namespace === 'cel' && name === 'bind' && args.length === 3 && args[0]?.op === 'id') {
      const bound = this.visit(args[1] as ASTNode, view);
      return this.visit(args[2] as ASTNode, bind(view, args[0].args, bound?.type ?? DYN));
    }
    const given = args.map((arg) => this.visit(arg, view));
    if (!NAMESPACES[namespace]?.includes(name)) {
      const hint = nameHint(name, NAMESPACES[namespace] ?? []);
      this.#fault(node.start, node.end, `there is no function \`${namespace}.${name}\``, hint);
    }
    return name === 'of' && given[0] !== undefined ? { type: given[0].type, maybe: true } : undefined;
  }

  #loop(loop: {
    readonly name: string;
    readonly owner: Known | undefined;
    readonly args: readonly ASTNode[];
    readonly view: View;
  }): Known | undefined {
    const [variable, ...bodies] = loop.args;
    if (variable?.op !== 'id') return undefined;
    const inner = bind(loop.view, variable.args, elementOf(loop.owner?.type));
    const [first, second] = bodies;
    const results = [
      first === undefined ? undefined : this.visit(first, inner),
      // map(x, condition, e): the condition holds where e is evaluated.
      first === undefined || second === undefined ? undefined : this.visit(second, given(inner, first, true)),
    ].slice(0, bodies.length);
    if (loop.name === 'filter' && loop.owner?.type.kind === 'list') return { type: loop.owner.type, maybe: false };
    const last = loop.name === 'map' ? results.at(-1) : undefined;
    return last === undefined ? undefined : { type: { kind: 'list', element: last.type }, maybe: false };
  }

  #choice(args: readonly [ASTNode, ASTNode, ASTNode], view: View): Known | undefined {
    this.visit(args[0], view);
    const yes = this.visit(args[1], given(view, args[0], true));
    const no = this.visit(args[2], given(view, args[0], false));
    return yes !== undefined && yes.type === no?.type ? { type: yes.type, maybe: yes.maybe || no.maybe } : undefined;
  }

  #literal(node: ASTNode & { readonly op: 'value' }): Known | undefined {
    const value: unknown = node.args;
    if (typeof value === 'string') return { type: STRING, maybe: false };
    if (typeof value === 'object' && value !== null) {
      const kind = value instanceof Uint8Array ? 'bytes' : 'unsigned integers';
      this.#fault(node.start, node.end, `${kind} have no place in a template`);
    }
    return undefined;
  }

  #mapLiteral(node: ASTNode & { readonly op: 'map' }, view: View): undefined {
    for (const [key, value] of node.args) {
      const name: unknown = key.op === 'value' ? key.args : undefined;
      if (typeof name !== 'string') {
        this.#fault(key.start, key.end, 'the keys of a map are texts in quotes, never computed');
      } else if (['__proto__', 'constructor', 'prototype'].includes(name)) {
        this.#fault(key.start, key.end, `\`${name}\` cannot be a key`);
      }
      this.visit(value, view);
    }
  }

  #fault(start: number, end: number, message: string, hint?: string): void {
    this.faults.push({ start, end, message, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The view where a condition was true, or false. */
function given(view: View, condition: ASTNode, truth: boolean): View {
  const more = presentWhen(condition, truth);
  return more.length === 0 ? view : { ...view, present: new Set([...view.present, ...more]) };
}

/** The view with a variable of its own: what was known of another of the same name is forgotten. */
function bind(view: View, name: string, type: ValueType): View {
  const present = [...view.present].filter((field) => !field.startsWith(`${name}.`));
  return { variables: new Map([...view.variables, [name, type]]), present: new Set(present) };
}

function elementOf(type: ValueType | undefined): ValueType {
  if (type?.kind === 'list') return type.element;
  return type?.kind === 'map' ? STRING : DYN;
}

function functionHint(name: string): string | undefined {
  const method = METHODS.find((allowed) => allowed === name) ?? nearMethod(name);
  const near = closest(name, FUNCTIONS);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (method !== undefined) return `did you mean the method \`x.${method}(...)\`?`;
  return `the functions are ${FUNCTIONS.map((allowed) => `\`${allowed}\``).join(', ')}`;
}

function nearMethod(name: string): string | undefined {
  const near = closest(name, [...METHODS, ...Object.keys(SYNONYMS)]);
  return near === undefined ? undefined : (SYNONYMS[near] ?? near);
}

function methodHint(name: string, owner: Known | undefined): string | undefined {
  const near = nearMethod(name);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  const field = owner?.type.kind === 'object' && owner.type.fields.has(name);
  return field ? `\`${name}\` is a field: leave out the parentheses` : undefined;
}
