import type { Document } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import { ValueMismatch } from './cel/cel-value.ts';
import { type Compiled, compiled } from './compiled.ts';
import { EvaluationFault } from './expression-fault.ts';
import { Marks, type Outline, OutlineFault, outlineOf } from './outline.ts';
import type { RenderContext } from './render-context.ts';
import { celValues, type TypeScope } from './scope.ts';
import { shellProblems } from './shell-check.ts';
import { compileItem, compileNode, type TreeInput } from './tree-compiler.ts';
import { evaluating } from './tree-expression.ts';
import type { ItemNode } from './tree-nodes.ts';
import { problemAt } from './yaml/source-position.ts';
import { isSound, nodeAt, spanOf, yamlSource } from './yaml/yaml-source.ts';

/** Gives the text of a partial by the name that `$include` says; undefined when there is none. */
export type Partials = (name: string) => SourceFile | undefined;

/** A mapping compiled once, rendered for any number of values. */
export interface CompiledTree {
  /** The tree for these values. Throws `EvaluationFault`. */
  render(values: JsonObject): JsonObject;
}

/** A file of manifests compiled once, rendered for any number of values. */
export interface CompiledTemplate {
  /** The objects for these values, in the order of the file. Throws `EvaluationFault`. */
  render(values: JsonObject): readonly JsonObject[];
  /** What each document gives whatever the values, for checks at load. */
  readonly outlines: readonly Outline[];
}

/** What a tree is compiled from. */
export interface TreeSource {
  readonly file: SourceFile;
  /** The mapping inside the file's first document; absent = all of it. */
  readonly path?: readonly (string | number)[];
  readonly scope: TypeScope;
  readonly partials: Partials;
  /** `manifest`: `$(` that comes from a value is escaped where the kubelet expands. Default `data`: never. */
  readonly kind?: 'data' | 'manifest';
}

/** Compiles a mapping with expressions: the parameters of a stage, an overlay. */
export function compileTree({ file, path = [], scope, partials, kind = 'data' }: TreeSource): Compiled<CompiledTree> {
  const source = yamlSource(file);
  const [document] = source.documents;
  const node = document === undefined ? undefined : nodeAt(document, path);
  const problems: Problem[] = [...source.problems];
  if (document === undefined || node === undefined || !isSound(document)) {
    if (problems.length > 0) return { kind: 'problems', problems };
    const message = `there is nothing at \`${path.join('.')}\``;
    return { kind: 'problems', problems: [problemAt(file, { start: 0, end: 1 }, message)] };
  }
  const door = kind === 'manifest' ? 'plain' : 'verbatim';
  const tree = compileNode({ file, document, node, scope, partials, door, manifest: kind === 'manifest' }, problems);
  const render = (values: JsonObject) => mapping(tree.render(contextOf(file, scope, values)), file);
  return compiled(problems, () => ({ render }));
}

/** What a template is compiled from. */
export interface TemplateSource {
  readonly file: SourceFile;
  readonly scope: TypeScope;
  readonly partials: Partials;
}

/** Compiles a file of manifests: one or more documents, each of them one object or, with `$for`, several. */
export function compileTemplate({ file, scope, partials }: TemplateSource): Compiled<CompiledTemplate> {
  const source = yamlSource(file);
  const problems: Problem[] = [...source.problems];
  if (source.documents.length === 0 && problems.length === 0) {
    problems.push(problemAt(file, { start: 0, end: 1 }, 'the template has no object'));
  }
  const input = { file, scope, partials, door: 'plain', manifest: true } as const;
  const documents = source.documents
    .filter(isSound)
    .map((document) => compileDocument({ ...input, document, node: document.contents }, problems));
  const render = (values: JsonObject) => {
    const inner = contextOf(file, scope, values);
    return documents.flatMap(({ item }) => item.render(inner)).map((object) => mapping(object, file));
  };
  return compiled(problems, () => ({ render, outlines: documents.map(({ outline }) => outline) }));
}

function compileDocument(
  input: TreeInput,
  problems: Problem[],
): { readonly item: ItemNode; readonly outline: Outline } {
  const before = problems.length;
  const item = compileItem(input, problems);
  const nothing = { item, outline: { objects: [], marks: new Marks() } };
  if (problems.length > before) return nothing;
  try {
    const outline = outlineOf(item);
    problems.push(...outline.objects.flatMap((object) => objectProblems(input, object)), ...shellProblems(outline));
    return { item, outline };
  } catch (error) {
    if (!(error instanceof OutlineFault)) throw error;
    problems.push(error.problem);
    return nothing;
  }
}

/** Each document is an object of Kubernetes: a mapping that says what it is. */
function objectProblems({ file, document }: TreeInput, object: Json): readonly Problem[] {
  const missing = isJsonObject(object) ? ['apiVersion', 'kind'].filter((key) => object[key] === undefined) : [];
  if (isJsonObject(object) && missing.length === 0) return [];
  const message = isJsonObject(object)
    ? `the object has no ${missing.map((key) => `\`${key}\``).join(' and no ')}`
    : 'a document is a mapping: one object';
  return [problemAt(file, startOf(document), message)];
}

function startOf(document: Document) {
  const { start } = document.contents === null ? { start: 0 } : spanOf(document.contents);
  return { start, end: start + 1 };
}

/** The values for rendering. Throws `EvaluationFault` when they do not have the types of the scope. */
export function contextOf(file: SourceFile, scope: TypeScope, values: JsonObject): RenderContext {
  try {
    return evaluating(celValues(scope, values));
  } catch (error) {
    if (!(error instanceof ValueMismatch)) throw error;
    throw new EvaluationFault(error.message, { expression: '', place: { file: file.path, line: 1, column: 1 } });
  }
}

function mapping(value: Json | undefined, file: SourceFile): JsonObject {
  if (isJsonObject(value)) return value;
  const place = { file: file.path, line: 1, column: 1 };
  throw new EvaluationFault('the template gives a value that is no mapping', { expression: '', place });
}
