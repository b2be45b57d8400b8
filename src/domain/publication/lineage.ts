import type { Manifest } from './manifest.ts';
import { code } from './markdown.ts';
import type { PublishingRun } from './settings.ts';

/** Where a model that is published comes from. */
export interface Lineage {
  /** The model's name. */
  readonly model: string;
  readonly run: PublishingRun;
  /** `sha256:<hex>` of what the run is made from: templates, values, data and images; absent where nobody said. */
  readonly plan?: string;
  /** By stage: the identity of the image that made its result. */
  readonly images: Readonly<Record<string, string>>;
  /** The model that was tuned, as the parameters name it: `hf:org/name`, `tiny`, the name of a folder. */
  readonly base: string;
  readonly manifest: Manifest;
  /** By name of the input: `sha256:<hex>`. */
  readonly digests: Readonly<Record<string, string>>;
  /** What made the model, as nested objects. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** An identifier of the model's licence, e.g. `apache-2.0`; absent = nobody said. */
  readonly license?: string;
  /** What a hub files the model under. */
  readonly tags: readonly string[];
  /** The version of this program. */
  readonly program: string;
}

/** Which taxonomy it was, by what others know of it. */
export function taxonomyText({ taxonomy }: Manifest): string {
  if (taxonomy.commit === undefined) return 'a taxonomy without a commit (a plain folder)';
  if (taxonomy.onto !== undefined) {
    // Without a `#`: it would be a link to whatever has that number where this is read.
    const numbers = taxonomy.pulls.map(({ number }) => number).join(', ');
    return `taxonomy commit ${code(taxonomy.onto)} with the pull requests ${numbers}`;
  }
  return `taxonomy commit ${code(taxonomy.commit)}${taxonomy.isDirty ? ' with changes that no commit has' : ''}`;
}

/** Parameters as dotted names with JSON values, in the order of their names; what is null is left out. */
export function flatParameters(
  values: Readonly<Record<string, unknown>>,
  prefix = '',
): readonly (readonly [name: string, value: string])[] {
  return Object.keys(values)
    .sort()
    .flatMap((name): readonly (readonly [string, string])[] => {
      const value = values[name];
      if (value === null || value === undefined) return [];
      if (typeof value === 'object' && !Array.isArray(value)) {
        return flatParameters(value as Readonly<Record<string, unknown>>, `${prefix}${name}.`);
      }
      return [[prefix + name, JSON.stringify(value)]];
    });
}
