import type { Json } from '../domain/json.ts';
import { setKey } from './cel/cel-value.ts';
import { type Door, escapeExpansion, throughDoor } from './doors.ts';
import type { ExpressionSite } from './expression-site.ts';
import { applyPatch, type Patch, PatchFault, type PatchItem } from './patch.ts';
import type { RenderContext, TreeExpression } from './render-context.ts';

/** A compiled node of a tree: gives its JSON, undefined when it is dropped. */
export interface TreeNode {
  render(context: RenderContext): Json | undefined;
  /** The same as a change to what an `$include` brings. */
  patch(context: RenderContext): Patch | undefined;
}

/** A compiled item of a list: gives any number of items. */
export interface ItemNode {
  render(context: RenderContext): readonly Json[];
  patch(context: RenderContext): readonly PatchItem[];
}

/** What the file says itself. */
export class LiteralNode implements TreeNode {
  readonly value: Json;

  constructor(value: Json) {
    this.value = value;
  }

  render(): Json {
    return this.value;
  }

  patch(): Patch {
    return this.value === null ? { kind: 'delete' } : { kind: 'value', value: this.value };
  }
}

/** A scalar that is one whole expression: it keeps the type. */
export class ExpressionNode implements TreeNode {
  readonly #expression: TreeExpression;
  readonly #door: Door;

  constructor(expression: TreeExpression, door: Door) {
    this.#expression = expression;
    this.#door = door;
  }

  render(context: RenderContext): Json | undefined {
    const value = context.json(this.#expression, context.values);
    return value === undefined ? undefined : throughDoor(value, this.#door);
  }

  patch(context: RenderContext): Patch | undefined {
    const value = this.render(context);
    return value === undefined ? undefined : { kind: 'value', value };
  }
}

/** Text with expressions in it: always a string. */
export class TextNode implements TreeNode {
  readonly #parts: readonly (string | TreeExpression)[];
  readonly #expand: boolean;

  constructor(parts: readonly (string | TreeExpression)[], door: Door) {
    this.#parts = parts;
    this.#expand = door === 'expand';
  }

  render(context: RenderContext): string {
    let text = '';
    for (let index = this.#parts.length - 1; index >= 0; index--) {
      const part = this.#parts[index] as string | TreeExpression;
      if (typeof part === 'string') {
        text = part + text;
        continue;
      }
      const value = String(context.json(part, context.values));
      text = (this.#expand ? escapeExpansion(value, text) : value) + text;
    }
    return text;
  }

  patch(context: RenderContext): Patch {
    return { kind: 'value', value: this.render(context) };
  }
}

/** A mapping: keys whose value is dropped are left out. */
export class MapNode implements TreeNode {
  readonly entries: readonly (readonly [string, TreeNode])[];

  constructor(entries: readonly (readonly [string, TreeNode])[]) {
    this.entries = entries;
  }

  render(context: RenderContext): Json {
    const out: Record<string, Json> = {};
    for (const [key, node] of this.entries) {
      const value = node.render(context);
      if (value !== undefined) setKey(out, key, value);
    }
    return out;
  }

  patch(context: RenderContext): Patch {
    const entries: [string, Patch][] = [];
    for (const [key, node] of this.entries) {
      const patch = node.patch(context);
      if (patch !== undefined) entries.push([key, patch]);
    }
    return { kind: 'map', entries };
  }
}

/** A list: each item gives none, one or several. */
export class ListNode implements TreeNode {
  readonly items: readonly ItemNode[];

  constructor(items: readonly ItemNode[]) {
    this.items = items;
  }

  render(context: RenderContext): Json {
    return this.items.flatMap((item) => item.render(context));
  }

  patch(context: RenderContext): Patch {
    return { kind: 'list', items: this.items.flatMap((item) => item.patch(context)) };
  }
}

/** `$if`: dropped when the condition is false. */
export class ConditionalNode implements TreeNode {
  readonly #condition: TreeExpression;
  readonly #node: TreeNode;

  constructor(condition: TreeExpression, node: TreeNode) {
    this.#condition = condition;
    this.#node = node;
  }

  render(context: RenderContext): Json | undefined {
    return context.condition(this.#condition, context.values) ? this.#node.render(context) : undefined;
  }

  patch(context: RenderContext): Patch | undefined {
    return context.condition(this.#condition, context.values) ? this.#node.patch(context) : undefined;
  }
}

/** `$include` with siblings: the siblings over the partial. */
export class OverlaidNode implements TreeNode {
  readonly #base: TreeNode;
  readonly #over: TreeNode;
  readonly #siteOf: (path: PatchFault['path']) => ExpressionSite;

  /** `siteOf` tells where in the file a place of the patch is. */
  constructor(base: TreeNode, over: TreeNode, siteOf: (path: PatchFault['path']) => ExpressionSite) {
    this.#base = base;
    this.#over = over;
    this.#siteOf = siteOf;
  }

  render(context: RenderContext): Json | undefined {
    const base = this.#base.render(context);
    const over = this.#over.patch(context);
    if (base === undefined || over === undefined) return base;
    try {
      return applyPatch(base, over);
    } catch (error) {
      if (!(error instanceof PatchFault)) throw error;
      return context.fail(this.#siteOf(error.path), error.message);
    }
  }

  patch(context: RenderContext): Patch | undefined {
    const value = this.render(context);
    return value === undefined ? undefined : { kind: 'value', value };
  }
}

/** An item that is there once, or not at all. */
export class SingleItem implements ItemNode {
  readonly #node: TreeNode;
  readonly #directive: PatchItem['directive'];

  constructor(node: TreeNode, directive?: PatchItem['directive']) {
    this.#node = node;
    this.#directive = directive;
  }

  render(context: RenderContext): readonly Json[] {
    const value = this.#node.render(context);
    return value === undefined ? [] : [value];
  }

  patch(context: RenderContext): readonly PatchItem[] {
    const patch = this.#node.patch(context);
    if (patch === undefined) return [];
    return [this.#directive === undefined ? { patch } : { patch, directive: this.#directive }];
  }
}

/** `- $include: list.yaml`: the items of the partial in its place. */
export class SplicedItems implements ItemNode {
  readonly #node: TreeNode;

  constructor(node: TreeNode) {
    this.#node = node;
  }

  render(context: RenderContext): readonly Json[] {
    const value = this.#node.render(context);
    if (value === undefined) return [];
    return Array.isArray(value) ? value : [value as Json];
  }

  patch(context: RenderContext): readonly PatchItem[] {
    const patch = this.#node.patch(context);
    if (patch?.kind === 'list') return patch.items;
    return patch === undefined ? [] : [{ patch }];
  }
}

/** `$for`: the item once for each element. */
export class LoopItems implements ItemNode {
  readonly #variable: string;
  readonly #list: TreeExpression;
  readonly #item: ItemNode;

  constructor(variable: string, list: TreeExpression, item: ItemNode) {
    this.#variable = variable;
    this.#list = list;
    this.#item = item;
  }

  render(context: RenderContext): readonly Json[] {
    return this.#each(context).flatMap((inner) => this.#item.render(inner));
  }

  patch(context: RenderContext): readonly PatchItem[] {
    return this.#each(context).flatMap((inner) => this.#item.patch(inner));
  }

  #each(context: RenderContext): readonly RenderContext[] {
    const elements = context.elements(this.#list, context.values);
    return elements.map((element) => ({ ...context, values: { ...context.values, [this.#variable]: element } }));
  }
}
