import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, Scalar } from 'yaml';
import { closest, nameHint } from '../domain/closest.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Place, Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import { placeAt, problemAt } from '../template/yaml/source-position.ts';
import { keyText, spanOf, yamlSource } from '../template/yaml/yaml-source.ts';

/** One entry of a mapping. `key` is the name's own node, for faults of the name. */
export interface Entry {
  readonly name: string;
  readonly key: Node;
  readonly value: Node;
}

/** The entries of a mapping by name. */
export interface Fields {
  readonly node: Node;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** How strictly a mapping is read. */
export interface FieldRules {
  /** The names it may have; absent = any. */
  readonly known?: readonly string[];
  /** Keep entries without a value; else they are as if they were not written. */
  readonly nulls?: boolean;
  /** A name that is reported is read as the one it is near to, so that the rest is judged by what was meant. */
  readonly meant?: boolean;
}

/** More copies through aliases than any file of ours needs. */
const MAX_ALIASES = 100;

/**
 * Reads one YAML file by rules and collects every fault with its place. A method that finds one reports it and returns
 * undefined, so that reading goes on and all faults are told together.
 */
export class FileReader {
  readonly file: SourceFile;
  readonly problems: Problem[];
  /** The only document's root; undefined when the file is empty or no YAML. */
  readonly root: Node | undefined;
  readonly #document: Document | undefined;

  constructor(file: SourceFile) {
    this.file = file;
    const { documents, problems } = yamlSource(file);
    this.problems = [...problems];
    const [document, second] = documents;
    this.#document = document;
    if (second?.contents) this.report(second.contents, 'the file must hold one document', 'remove the rest');
    this.root =
      problems.length === 0 && document?.contents && this.#isBounded(document) ? document.contents : undefined;
    if (problems.length === 0 && document === undefined) {
      this.problems.push(problemAt(file, { start: 0, end: 0 }, 'the file is empty'));
    }
  }

  report(node: Node, message: string, hint?: string): void {
    this.problems.push(problemAt(this.file, spanOf(node), message, hint));
  }

  /** For values that must not be shown: the source line is left out. */
  reportHidden(node: Node, message: string, hint?: string): void {
    const problem = problemAt(this.file, spanOf(node), message, hint);
    this.problems.push({ ...problem, sourceLine: `${' '.repeat(problem.column - 1)}...`, length: 3 });
  }

  place(node: Node): Place {
    return placeAt(this.file, spanOf(node).start);
  }

  /** The entries of a mapping; undefined when it is none. */
  fields(node: Node | undefined, what: string, rules: FieldRules = {}): Fields | undefined {
    const map = this.resolve(node);
    if (map === undefined) return undefined;
    if (!isMap(map)) {
      this.#wrongKind(map, what, 'a mapping');
      return undefined;
    }
    const entries = new Map<string, Entry>();
    const written = new Set(map.items.map((pair) => keyText(pair.key)));
    for (const pair of map.items) {
      let name = keyText(pair.key);
      if (name === undefined || !isNode(pair.key)) {
        this.report(isNode(pair.key) ? pair.key : map, `a name in ${what} must be a text`);
        continue;
      }
      if (rules.known !== undefined && !rules.known.includes(name)) {
        this.report(pair.key, `${what} has no field \`${name}\``, nameHint(name, rules.known));
        const near = rules.meant === true ? closest(name, rules.known) : undefined;
        if (near === undefined || written.has(near)) continue;
        name = near;
      }
      const value = this.resolve(isNode(pair.value) ? pair.value : undefined) ?? nothingAt(pair.key);
      if (rules.nulls === true || !isNull(value)) entries.set(name, { name, key: pair.key, value });
    }
    return { node: map, entries };
  }

  /** The value of a field that must be there. */
  required(fields: Fields, name: string, what: string): Node | undefined {
    const entry = fields.entries.get(name);
    if (entry === undefined) this.report(fields.node, `${what} has no \`${name}\``, `add \`${name}:\``);
    return entry?.value;
  }

  text(node: Node | undefined, what: string): string | undefined {
    if (node === undefined) return undefined;
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    this.#wrongKind(node, what, 'a text');
    return undefined;
  }

  oneOf<T extends string>(node: Node | undefined, what: string, allowed: readonly T[]): T | undefined {
    const text = this.text(node, what);
    if (node === undefined || text === undefined) return undefined;
    const found = allowed.find((candidate) => candidate === text);
    if (found === undefined) this.report(node, `${what} cannot be \`${text}\``, nameHint(text, allowed));
    return found;
  }

  integer(node: Node | undefined, what: string, min: number, max: number): number | undefined {
    if (node === undefined) return undefined;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.report(node, `${what} must be a whole number from ${min} to ${max}`);
    return undefined;
  }

  items(node: Node | undefined, what: string): readonly Node[] | undefined {
    if (node === undefined) return undefined;
    if (isSeq(node)) return node.items.map((item) => this.resolve(isNode(item) ? item : undefined) ?? node);
    this.#wrongKind(node, what, 'a list');
    return undefined;
  }

  /** The value as JSON. */
  json(node: Node, what: string): Json | undefined {
    const value: unknown = this.#document === undefined ? undefined : node.toJS(this.#document);
    if (isJson(value)) return value;
    this.report(node, `${what} holds a value that JSON does not know`);
    return undefined;
  }

  /** The entries of an optional mapping in the order of the file; none when it is absent or no mapping. */
  entries(node: Node | undefined, what: string, rules: FieldRules = {}): readonly Entry[] {
    return [...(this.fields(node, what, rules)?.entries.values() ?? [])];
  }

  object(node: Node | undefined, what: string): JsonObject | undefined {
    const fields = this.fields(node, what);
    return fields === undefined ? undefined : (this.json(fields.node, what) as JsonObject | undefined);
  }

  /** Follows an alias to what it stands for. */
  resolve(node: Node | undefined): Node | undefined {
    return isAlias(node) && this.#document !== undefined ? node.resolve(this.#document) : node;
  }

  #wrongKind(node: Node, what: string, wanted: string): void {
    this.report(node, `${what} must be ${wanted}, not ${kindOf(node)}`);
  }

  #isBounded(document: Document): boolean {
    if (!this.file.text.includes('*')) return true;
    try {
      document.toJS({ maxAliasCount: MAX_ALIASES });
      return true;
    } catch {
      this.report(document.contents as Node, 'its aliases multiply without bound', 'write the values out');
      return false;
    }
  }
}

/** `{ a }` gives the name no value node of its own. */
function nothingAt(key: Node): Node {
  const nothing = new Scalar(null);
  nothing.range = key.range ?? [0, 0, 0];
  return nothing;
}

function isNull(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function kindOf(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  const value = isScalar(node) ? node.value : undefined;
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
    case 'bigint':
      return 'a number';
    case 'boolean':
      return `${value}`;
    default:
      return 'nothing';
  }
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && Object.values(value).every(isJson);
}
