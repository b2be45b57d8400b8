import { isMap, isScalar } from 'yaml';
import { closest, nameHint } from '../domain/closest.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Place, Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import { type Compiled, compiled } from './compiled.ts';
import { type OverlayOrigin, OverlayOrigins } from './overlay-origins.ts';
import { applyPatch, type Patch, PatchFault, type Recorder } from './patch.ts';
import type { TypeScope } from './scope.ts';
import { shellProblems } from './shell-check.ts';
import { type CompiledTemplate, contextOf, type Partials } from './template.ts';
import { compileNode } from './tree-compiler.ts';
import type { TreeNode } from './tree-nodes.ts';
import { placeAt, problemAt } from './yaml/source-position.ts';
import { isSound, keyAt, keyText, nodeAt, spanOf, yamlSource } from './yaml/yaml-source.ts';

type Path = readonly (string | number)[];

/** Which objects an overlay changes: those that fit all that is said. `*` in a name stands for any text. */
export interface OverlayTarget {
  readonly kind?: string;
  readonly name?: string;
}

/** A change to rendered objects, with the values of its expressions put in. */
export interface Overlay {
  readonly target: OverlayTarget;
  readonly patch: Patch;
  readonly source: OverlaySource;
}

/** Where an overlay is written: the entry `{ kind, name, patch }` inside the first document of a file. */
export interface OverlaySource {
  readonly file: SourceFile;
  readonly path: Path;
}

/** An overlay whose patch is compiled; one may be applied to many attempts. */
export interface CompiledOverlay {
  readonly target: OverlayTarget;
  readonly source: OverlaySource;
  /** Throws `EvaluationFault`. */
  render(values: JsonObject): Overlay;
  /** Its faults against a template that it is meant for, whatever the values: nothing to change, a shell's text. */
  check(template: CompiledTemplate): readonly Problem[];
}

/** What an overlay is compiled from; it sees what the templates of its stage see. */
export interface OverlayInput extends OverlaySource {
  readonly scope: TypeScope;
  readonly partials: Partials;
}

const KEYS = ['kind', 'name', 'patch'];

/** Compiles one entry of `overlays`. In a patch `null` deletes a key and `$patch: delete` an item of a named list. */
export function compileOverlay({ file, path, scope, partials }: OverlayInput): Compiled<CompiledOverlay> {
  const yaml = yamlSource(file);
  const [document] = yaml.documents;
  const problems: Problem[] = [...yaml.problems];
  if (document === undefined || !isSound(document)) return { kind: 'problems', problems };
  const entry = nodeAt(document, path);
  const patch = nodeAt(document, [...path, 'patch']);
  if (!isMap(entry) || !isMap(patch)) {
    const span =
      entry === undefined ? { start: 0, end: 1 } : { start: spanOf(entry).start, end: spanOf(entry).start + 1 };
    const hint = 'for example `{ kind: Job, patch: { spec: { backoffLimit: 1 } } }`';
    return { kind: 'problems', problems: [problemAt(file, span, 'an overlay is a mapping with a `patch`', hint)] };
  }
  for (const { key } of entry.items) {
    const name = keyText(key) ?? '';
    if (KEYS.includes(name)) continue;
    const span = isScalar(key) ? spanOf(key) : { start: 0, end: 1 };
    problems.push(problemAt(file, span, `an overlay has no \`${name}\``, nameHint(name, KEYS)));
  }
  const input = { file, document, node: patch, scope, partials, door: 'plain', manifest: true, over: true } as const;
  const tree = compileNode(input, problems);
  const target: OverlayTarget = { ...text(entry.get('kind'), 'kind'), ...text(entry.get('name'), 'name') };
  return compiled(problems, () => new OverlayOf({ target, source: { file, path }, tree, scope }));
}

function text(value: unknown, key: 'kind' | 'name'): OverlayTarget {
  return typeof value === 'string' ? { [key]: value } : {};
}

interface OverlayParts {
  readonly target: OverlayTarget;
  readonly source: OverlaySource;
  readonly tree: TreeNode;
  readonly scope: TypeScope;
}

class OverlayOf implements CompiledOverlay {
  readonly target: OverlayTarget;
  readonly source: OverlaySource;
  readonly #tree: TreeNode;
  readonly #scope: TypeScope;

  constructor({ target, source, tree, scope }: OverlayParts) {
    this.target = target;
    this.source = source;
    this.#tree = tree;
    this.#scope = scope;
  }

  render(values: JsonObject): Overlay {
    const patch = this.#tree.patch(contextOf(this.source.file, this.#scope, values)) ?? { kind: 'map', entries: [] };
    return { target: this.target, source: this.source, patch };
  }

  check(template: CompiledTemplate): readonly Problem[] {
    const problems: Problem[] = [];
    let matched = false;
    for (const outline of template.outlines) {
      const patch = this.#tree.patch(outline.marks.context());
      const objects = outline.objects.filter((object) => fits(object, this.target, outline.marks));
      if (patch === undefined || objects.length === 0) continue;
      matched = true;
      const over = attempt({ target: this.target, source: this.source, patch }, objects);
      if (over.kind === 'problems') problems.push(...over.problems);
      else problems.push(...shellProblems({ objects: over.value, marks: outline.marks }));
    }
    if (!matched)
      problems.push(
        matchesNothing(
          this,
          template.outlines.flatMap((outline) => outline.objects),
        ),
      );
    return problems;
  }
}

function attempt(overlay: Overlay, objects: readonly Json[]): Compiled<readonly Json[]> {
  try {
    return { kind: 'ok', value: objects.map((object) => applyPatch(object, overlay.patch)) };
  } catch (error) {
    if (error instanceof PatchFault) return { kind: 'problems', problems: [patchProblem(overlay.source, error)] };
    throw error;
  }
}

/** Objects after overlays, in the same order, and where each value that an overlay set is written. */
export interface Overlaid {
  readonly objects: readonly JsonObject[];
  readonly origins: readonly OverlayOrigin[];
}

/** The objects with the overlays over them, in order. An overlay that fits no object is a problem. */
export function applyOverlays(objects: readonly JsonObject[], overlays: readonly Overlay[]): Compiled<Overlaid> {
  const origins = new OverlayOrigins();
  const problems: Problem[] = [];
  const changed = [...objects];
  for (const overlay of overlays) {
    const fitting = changed.flatMap((object, index) => (fits(object, overlay.target) ? [index] : []));
    if (fitting.length === 0) problems.push(matchesNothing(overlay, changed));
    for (const object of fitting) {
      const record: Recorder = (path, from, change) => {
        if (change === 'removed') origins.removed(object, path);
        else origins.set({ object, path, overlay: placeOf(overlay.source, from) });
      };
      try {
        changed[object] = applyPatch(changed[object] as JsonObject, overlay.patch, record) as JsonObject;
      } catch (error) {
        if (!(error instanceof PatchFault)) throw error;
        problems.push(patchProblem(overlay.source, error));
      }
    }
  }
  return compiled(problems, () => ({ objects: changed, origins: origins.all }));
}

/** With `marks`, a name that holds an expression may be any. */
function fits(
  object: Json,
  { kind, name }: OverlayTarget,
  marks?: { expressionsIn(text: string): readonly unknown[] },
) {
  if (!isJsonObject(object)) return false;
  if (kind !== undefined && object['kind'] !== kind) return false;
  if (name === undefined) return true;
  const actual = nameOf(object);
  if (actual === undefined) return false;
  if (marks !== undefined && marks.expressionsIn(actual).length > 0) return true;
  const pattern = name.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(actual);
}

function nameOf(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function matchesNothing({ target, source }: Pick<Overlay, 'target' | 'source'>, objects: readonly Json[]): Problem {
  const wanted = [target.kind ?? 'object', ...(target.name === undefined ? [] : [`\`${target.name}\``])].join(' ');
  const kinds = [...new Set(objects.filter(isJsonObject).map((object) => String(object['kind'])))];
  const near = target.kind === undefined ? undefined : closest(target.kind, kinds);
  const hint = near === undefined ? `its objects are of kind ${kinds.join(', ')}` : `did you mean \`${near}\`?`;
  const { start } = spanAt(source, target.kind === undefined ? [] : ['kind']);
  const end = spanAt(source, target.kind === undefined ? [] : ['kind']).end;
  return problemAt(source.file, { start, end }, `the stage has no ${wanted} for this overlay`, hint);
}

function patchProblem(source: OverlaySource, fault: PatchFault): Problem {
  const span = spanAt(source, ['patch', ...fault.path]);
  return problemAt(source.file, { start: span.start, end: span.start + 1 }, fault.message);
}

function placeOf(source: OverlaySource, path: Path): Place {
  return placeAt(source.file, spanAt(source, ['patch', ...path]).start);
}

/** The nearest node of the file: below `$for` and `$if` the items of the patch are not those of the file. */
function spanAt({ file, path }: OverlaySource, inner: Path) {
  const [document] = yamlSource(file).documents;
  for (let depth = inner.length; document !== undefined && depth >= 0; depth--) {
    const whole = [...path, ...inner.slice(0, depth)];
    const node = nodeAt(document, whole) ?? keyAt(document, whole);
    if (node !== undefined) return spanOf(node);
  }
  return { start: 0, end: 1 };
}
