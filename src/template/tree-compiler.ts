// biome-ignore-all lint/suspicious/noTemplateCurlyInString: hints show templates as they are written.

import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { closest } from '../domain/closest.ts';
import type { Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import { type At, addProblem, type Session } from './compile-session.ts';
import { type Door, doorOfItem, doorOfKey } from './doors.ts';
import { type ExpressionSite, siteInText } from './expression-site.ts';
import { loopVariableFault } from './loop-variable.ts';
import { presentWhen } from './presence.ts';
import type { TreeExpression } from './render-context.ts';
import { compileScalar, compileWhole } from './scalar-compiler.ts';
import { DYN, fromCelName, type ValueType } from './schema/value-type.ts';
import type { TypeScope } from './scope.ts';
import {
  ConditionalNode,
  type ItemNode,
  ListNode,
  LiteralNode,
  LoopItems,
  MapNode,
  OverlaidNode,
  SingleItem,
  SplicedItems,
  type TreeNode,
} from './tree-nodes.ts';
import { isSound, keyText, nodeBelow, spanOf, yamlSource } from './yaml/yaml-source.ts';

const STRUCTURAL = ['$if', '$for', '$include', '$value'];
const MOST_NODES = 50_000;
const DEEPEST = 100;

/** A node of a file, and what its expressions may name. */
export interface TreeInput {
  readonly file: SourceFile;
  readonly document: Document;
  readonly node: unknown;
  readonly scope: TypeScope;
  readonly door: Door;
  readonly manifest: boolean;
  readonly partials: (name: string) => SourceFile | undefined;
  /** True for a patch: `$patch` is understood. Default false. */
  readonly over?: boolean;
}

const NOTHING = new LiteralNode(null);

/** Compiles one tree; a node with a fault becomes null, and every fault is added to `problems`. */
export function compileNode(input: TreeInput, problems: Problem[]): TreeNode {
  const { compiler, at } = start(input, problems);
  return compiler.node(input.node, at);
}

/** Compiles one document as an item, which `$for` may repeat and `$if` drop. */
export function compileItem(input: TreeInput, problems: Problem[]): ItemNode {
  const { compiler, at } = start(input, problems);
  return compiler.item(input.node, at);
}

function start(input: TreeInput, problems: Problem[]) {
  const { file, document, scope, door, manifest, partials, over = false } = input;
  const compiler = new TreeCompiler({ partials: remembered(partials), problems, manifest, budget: MOST_NODES });
  const at: At = {
    file,
    document,
    scope,
    door,
    includes: [file.path],
    aliases: [],
    present: new Set(),
    depth: 0,
    over,
  };
  return { compiler, at };
}

/** The same file for the same name, so that a partial is parsed once however often it is included. */
function remembered(partials: Session['partials']): Session['partials'] {
  const known = new Map<string, ReturnType<Session['partials']>>();
  return (name) => {
    if (!known.has(name)) known.set(name, partials(name));
    return known.get(name);
  };
}

class TreeCompiler {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  node(node: unknown, around: At): TreeNode {
    const at = { ...around, depth: around.depth + 1 };
    if (!this.#afford(node, at)) return NOTHING;
    if (isAlias(node)) {
      const inner = this.#follow(node, at);
      return inner === undefined ? NOTHING : this.node(node.resolve(at.document), inner);
    }
    if (isMap(node)) return this.#mapping(node, at);
    if (isSeq(node)) return this.#list(node, at);
    return isScalar(node) ? compileScalar(this.#session, node, at) : NOTHING;
  }

  item(node: unknown, at: At): ItemNode {
    if (isAlias(node)) {
      const inner = this.#follow(node, at);
      return inner === undefined ? new SingleItem(NOTHING) : this.item(node.resolve(at.document), inner);
    }
    if (!isMap(node)) return new SingleItem(this.node(node, at));
    if (!this.#afford(node, at)) return new SingleItem(NOTHING);
    const loop = find(node, '$for');
    return loop === undefined ? this.#once(node, at) : this.#loop(node, loop, at);
  }

  #list(node: YAMLSeq, at: At): TreeNode {
    const inner = { ...at, door: doorOfItem(at.door) };
    return new ListNode(node.items.map((item) => this.item(item, inner)));
  }

  #mapping(node: YAMLMap, at: At): TreeNode {
    const loop = find(node, '$for');
    if (loop !== undefined) {
      const hint = 'write it on an item of a list: `- $for: { x: "${list}" }`';
      this.#problem(at, loop.key, '`$for` repeats items of a list; this mapping is not one', hint);
    }
    return this.#conditional(node, at);
  }

  /** One item that is there once or, with `$if`, not at all. */
  #once(node: YAMLMap, at: At): ItemNode {
    const spliced = find(node, '$include') !== undefined && onlyStructural(node);
    const directive = this.#directive(node, at);
    const body = this.#conditional(node, at);
    return spliced ? new SplicedItems(body) : new SingleItem(body, directive);
  }

  #conditional(node: YAMLMap, at: At): TreeNode {
    const pair = find(node, '$if');
    const condition = pair === undefined ? undefined : compileWhole(this.#session, pair, 'condition', at);
    if (condition === undefined) return this.#content(node, at);
    const present = new Set([...at.present, ...presentWhen(condition.program.ast, true)]);
    return new ConditionalNode(condition, this.#content(node, { ...at, present }));
  }

  #loop(node: YAMLMap, loop: Pair, at: At): ItemNode {
    const variables = isMap(loop.value) ? loop.value.items : [];
    if (variables.length > 0) return this.#variables(node, variables, at);
    const hint = 'for example `$for: { x: "${params.files}" }`';
    this.#problem(at, loop.value ?? loop.key, '`$for` takes a mapping of a variable to a list', hint);
    return new SingleItem(NOTHING);
  }

  /** The loops of one `$for`, the first outermost; a later list may use an earlier variable. */
  #variables(node: YAMLMap, [first, ...rest]: readonly Pair[], at: At): ItemNode {
    if (first === undefined) return this.#once(node, at);
    const name = keyText(first.key) ?? '';
    const fault = loopVariableFault(name, at.scope);
    if (fault !== undefined) this.#problem(at, first.key, fault);
    const list = compileWhole(this.#session, first, 'list', at);
    if (fault !== undefined) return new SingleItem(NOTHING);
    // The body is compiled even when the list is wrong, so that its own faults show as well.
    const scope = at.scope.with(name, list === undefined ? DYN : elementType(list, at.scope));
    const body = this.#variables(node, rest, { ...at, scope });
    return list === undefined ? body : new LoopItems(name, list, body);
  }

  #content(node: YAMLMap, at: At): TreeNode {
    this.#unknownStructure(node, at);
    const value = find(node, '$value');
    if (value !== undefined) return this.#value(node, value, at);
    const include = find(node, '$include');
    if (include === undefined) return new MapNode(this.#entries(node, at));
    const base = this.#include(include, at);
    if (onlyStructural(node)) return base;
    const over = new MapNode(this.#entries(node, { ...at, over: true }));
    return new OverlaidNode(base, over, (path) => siteBelow(at, node, path));
  }

  #value(node: YAMLMap, value: Pair, at: At): TreeNode {
    const other = node.items.find((pair) => !['$value', '$if', '$for'].includes(keyText(pair.key) ?? ''));
    if (other !== undefined) {
      this.#problem(at, other.key, '`$value` is the whole of what stands here', 'beside it go only `$if` and `$for`');
    }
    return this.node(value.value, at);
  }

  #entries(node: YAMLMap, at: At): readonly (readonly [string, TreeNode])[] {
    const entries: [string, TreeNode][] = [];
    for (const pair of node.items) {
      const key = this.#key(pair, at);
      if (key === undefined) continue;
      if (pair.value === null) entries.push([key, NOTHING]);
      else entries.push([key, this.node(pair.value, { ...at, door: doorOfKey(at.door, key) })]);
    }
    return entries;
  }

  /** The key as data; undefined when it is structural or no key at all. */
  #key(pair: Pair, at: At): string | undefined {
    const key = keyText(pair.key);
    if (key === undefined || key === '') {
      this.#problem(at, pair.key, 'a key is a text', 'put it in quotes');
      return undefined;
    }
    if (key.includes('${')) {
      this.#problem(at, pair.key, 'keys are never computed', 'give the whole mapping: `labels: ${params.labels}`');
      return undefined;
    }
    if (key === '<<') {
      this.#problem(at, pair.key, '`<<` does not merge', 'use `$include` with a partial');
      return undefined;
    }
    if (key.startsWith('$$')) return key.slice(1);
    return key.startsWith('$') ? undefined : key;
  }

  #unknownStructure(node: YAMLMap, at: At): void {
    for (const pair of node.items) {
      const key = keyText(pair.key);
      if (key === undefined || !/^\$($|[^${])/.test(key) || STRUCTURAL.includes(key)) continue;
      if (key === '$patch' && at.over) continue;
      this.#problem(at, pair.key, `there is no \`${key}\``, structuralHint(key));
    }
  }

  #directive(node: YAMLMap, at: At): 'delete' | 'replace' | undefined {
    const patch = at.over ? find(node, '$patch') : undefined;
    if (patch === undefined) return undefined;
    const word: unknown = isScalar(patch.value) ? patch.value.value : undefined;
    if (word === 'delete' || word === 'replace') return word;
    this.#problem(at, patch.value ?? patch.key, '`$patch` is `delete` or `replace`');
    return undefined;
  }

  #include(include: Pair, at: At): TreeNode {
    const name: unknown = isScalar(include.value) ? include.value.value : undefined;
    if (typeof name !== 'string' || name.includes('${')) {
      this.#problem(at, include.value ?? include.key, '`$include` takes the name of a partial, not computed');
      return NOTHING;
    }
    const file = this.#session.partials(name);
    if (file === undefined) {
      const hint = 'a partial is a file of this pipeline, or of `_shared/`';
      this.#problem(at, include.value, `there is no partial \`${name}\``, hint);
      return NOTHING;
    }
    if (at.includes.includes(file.path)) {
      const circle = [...at.includes.slice(at.includes.indexOf(file.path)), file.path].join(' -> ');
      this.#problem(at, include.value, `the partials include each other in a circle: ${circle}`);
      return NOTHING;
    }
    return this.#partial(file, include, at);
  }

  #partial(file: SourceFile, include: Pair, at: At): TreeNode {
    const source = yamlSource(file);
    this.#session.problems.push(...source.problems);
    const [document, second] = source.documents;
    if (document !== undefined && !isSound(document)) return NOTHING;
    if (document === undefined || second !== undefined) {
      const count = document === undefined ? 'is empty' : 'has more than one document';
      this.#problem(at, include.value, `the partial \`${file.path}\` ${count}`, 'a partial is one mapping or one list');
      return NOTHING;
    }
    const inner = { ...at, file, document, includes: [...at.includes, file.path], aliases: [], over: false };
    return this.node(document.contents, inner);
  }

  /** Where the compiler is once it follows an alias; undefined when the alias leads nowhere, which is reported. */
  #follow(alias: { readonly source: string; resolve(document: Document): unknown }, at: At): At | undefined {
    const target = alias.resolve(at.document);
    const circle = at.aliases.some((followed) => followed.target === target);
    if (target !== undefined && !circle) return { ...at, aliases: [...at.aliases, { node: alias, target }] };
    const name = alias.source;
    this.#problem(at, alias, target === undefined ? `there is no anchor \`&${name}\`` : `\`*${name}\` contains itself`);
    return undefined;
  }

  #afford(node: unknown, at: At): boolean {
    this.#session.budget--;
    if (this.#session.budget === -1) {
      const hint = 'aliases or partials multiply into too much';
      const alias = at.aliases[0];
      this.#problem(at, alias?.node ?? node, `the template expands to more than ${MOST_NODES} values`, hint);
    }
    if (at.depth > DEEPEST) this.#problem(at, node, 'the template is nested too deeply');
    return this.#session.budget >= 0 && at.depth <= DEEPEST;
  }

  #problem(at: At, node: unknown, message: string, hint?: string): void {
    addProblem(this.#session, at, node, message, hint);
  }
}

/** The nearest node of the file: below `$for` and `$if` the items of a patch are not those of the file. */
function siteBelow(at: At, root: YAMLMap, path: readonly (string | number)[]): ExpressionSite {
  for (let depth = path.length; depth > 0; depth--) {
    const node = nodeBelow(at.document, root, path.slice(0, depth));
    if (node === undefined) continue;
    const { start } = spanOf(node);
    return siteInText(at.file, at.file.text.slice(start, start + 1), start);
  }
  return siteInText(at.file, at.file.text.slice(0, 1), spanOf(root).start);
}

function structuralHint(key: string): string {
  if (key === '$patch') return 'it belongs to the items of a list beside `$include`';
  const near = closest(key, STRUCTURAL);
  return near === undefined
    ? `a key of yours that begins with \`$\` is written \`$${key}\``
    : `did you mean \`${near}\`?`;
}

function elementType(list: TreeExpression, scope: TypeScope): ValueType {
  const type = fromCelName(list.program.type, scope.objects);
  if (type.kind === 'list') return type.element;
  return { kind: type.kind === 'map' ? 'string' : 'dyn' };
}

function find(node: YAMLMap, key: string): Pair | undefined {
  return node.items.find((pair) => keyText(pair.key) === key);
}

/** True for an `$include` alone, with at most `$if` and `$for` beside it. */
function onlyStructural(node: YAMLMap): boolean {
  return node.items.every((pair) => STRUCTURAL.includes(keyText(pair.key) ?? ''));
}
