import type { Manifest, ManifestLeaf } from './manifest.ts';

/** How the leaves of a model differ from those of the one that was published before. */
export interface LeafChanges {
  /** `undefined`: nobody can tell, because there is nothing to compare with. */
  of(leaf: ManifestLeaf): 'added' | 'changed' | 'unchanged' | undefined;
  /** Paths of leaves that are gone, sorted. Only known where both models were made of whole taxonomies. */
  readonly removed: readonly string[];
}

/** `before` is absent for the first model of its name. */
export function leafChanges(before: Manifest | undefined, now: Manifest): LeafChanges {
  if (before === undefined) return { of: () => undefined, removed: [] };
  const known = new Map(before.leaves.map(({ path, qna }) => [path, qna]));
  const paths = new Set(now.leaves.map(({ path }) => path));
  const isWhole = !before.taxonomy.isChangedOnly && !now.taxonomy.isChangedOnly;
  return {
    of({ path, qna }) {
      const old = known.get(path);
      // What was made of changed leaves only says nothing of the others.
      if (old === undefined) return before.taxonomy.isChangedOnly ? undefined : 'added';
      return old === qna ? 'unchanged' : 'changed';
    },
    removed: isWhole ? [...known.keys()].filter((path) => !paths.has(path)).sort() : [],
  };
}
