import type { Node } from 'yaml';
import { WARNING_KINDS, type WarningKind } from '../../domain/attempt/progress.ts';
import { REMEDIES, type WatchAdvice } from '../../domain/training/advice.ts';
import type { FileReader } from '../file-reader.ts';

/** `watch` of an engine: what to change when a log tells of a fault. */
export interface WatchSection {
  readonly advice: WatchAdvice;
  /** Every parameter it names, to be looked up once they are known. */
  readonly named: readonly { readonly path: string; readonly node: Node }[];
}

/** A list of kinds of warnings, without doubles; undefined where there is none. */
export function readWarnings(
  reader: FileReader,
  node: Node | undefined,
  what: string,
): readonly WarningKind[] | undefined {
  const kinds = reader.items(node, what)?.flatMap((item) => {
    const kind = reader.oneOf(item, `an item of ${what}`, WARNING_KINDS);
    return kind === undefined ? [] : [kind];
  });
  return kinds === undefined ? undefined : [...new Set(kinds)];
}

/** `watch:` of an engine: by kind of warning, which parameters to change. What is wrong with it goes to the reader. */
export function readWatch(reader: FileReader, node: Node | undefined): { readonly watch?: WatchSection } {
  if (node === undefined) return {};
  const named: { readonly path: string; readonly node: Node }[] = [];
  const names = (item: Node): readonly string[] => {
    const path = reader.text(item, 'the name of a parameter');
    if (path === undefined) return [];
    named.push({ path, node: item });
    return [path];
  };
  const advice = reader.entries(node, '`watch`', { known: WARNING_KINDS }).map(({ name: kind, value }) => {
    const what = `\`watch.${kind}\``;
    const remedies = reader.entries(value, what, { known: REMEDIES }).map((remedy) => {
      const items = reader.items(remedy.value, `${what.slice(0, -1)}.${remedy.name}\``) ?? [];
      return [remedy.name, items.flatMap(names)];
    });
    return [kind, Object.fromEntries(remedies)];
  });
  return { watch: { advice: Object.fromEntries(advice), named } };
}
