import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, parseAllDocuments, visit } from 'yaml';
import type { Problem, SourceFile } from '../../domain/pipeline/source-file.ts';
import { problemAt, type Span } from './source-position.ts';
import { yamlProblems } from './yaml-problem.ts';

/** A file read as YAML 1.2, with the offsets of every node. */
export interface YamlSource {
  readonly documents: readonly Document[];
  /** Faults of the YAML itself: syntax, duplicate keys, tags. Nodes of a file with faults may be incomplete. */
  readonly problems: readonly Problem[];
}

const read = new WeakMap<SourceFile, YamlSource>();

/** Parses a file; the same file object is parsed once. */
export function yamlSource(file: SourceFile): YamlSource {
  const known = read.get(file);
  if (known !== undefined) return known;
  const documents = parse(file.text);
  const problems = documents.flatMap((document) => [...yamlProblems(file, document), ...foreignTags(file, document)]);
  const source = { documents: documents.filter((document) => document.contents !== null), problems };
  read.set(file, source);
  return source;
}

function parse(text: string): readonly Document[] {
  const documents = parseAllDocuments(text, { prettyErrors: false, keepSourceTokens: true, logLevel: 'silent' });
  return Array.isArray(documents) ? documents : [];
}

const PLAIN_TAG = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;

/** Tags that YAML knows and JSON does not (`!!set`, `!!binary`); the parser warns only of those it has never heard of. */
function foreignTags(file: SourceFile, document: Document): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Node(_, node) {
      if (isAlias(node) || node.tag === undefined || PLAIN_TAG.test(node.tag)) return;
      const { start } = spanOf(node);
      const warned = document.warnings.some(({ pos }) => file.text.slice(pos[1], start).trim() === '');
      if (warned) return;
      const tag = node.tag.replace(/^tag:yaml\.org,2002:/, '!!');
      const written = file.text.lastIndexOf(tag, start);
      const span = written === -1 ? spanOf(node) : { start: written, end: written + tag.length };
      problems.push(problemAt(file, span, `the tag \`${tag}\` is not allowed`, 'leave the tag out'));
    },
  });
  return problems;
}

/** Where a node's text lies, without the white space and comments after it. */
export function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}

/** True when the document's nodes are complete: a key that is written twice does not hide the rest. */
export function isSound(document: Document): boolean {
  return document.errors.every((error) => error.code === 'DUPLICATE_KEY');
}

/** The node at a path below a document's root; undefined when the file has no such place. Aliases are followed. */
export function nodeAt(document: Document, path: readonly (string | number)[]): Node | undefined {
  return nodeBelow(document, document.contents, path);
}

/** The node at a path below another; undefined when there is no such place. Aliases are followed. */
export function nodeBelow(document: Document, root: unknown, path: readonly (string | number)[]): Node | undefined {
  let node: unknown = root;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) node = node.items.find((pair) => keyText(pair.key) === String(key))?.value;
    else if (isSeq(node) && typeof key === 'number') node = node.items[key];
    else return undefined;
  }
  return isNode(node) ? node : undefined;
}

/** The text of a mapping's key as the file has it (`1`, `true`); undefined for keys that are not scalars. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/** The node of the key that leads to `path`, for faults of the key itself. */
export function keyAt(document: Document, path: readonly (string | number)[]): Node | undefined {
  const last = path.at(-1);
  const parent = nodeAt(document, path.slice(0, -1));
  if (!isMap(parent) || last === undefined) return undefined;
  const key = parent.items.find((pair) => keyText(pair.key) === String(last))?.key;
  return isNode(key) ? key : undefined;
}
