import type { GivenLayer } from '../../domain/explain/explanation.ts';
import type { Json } from '../../domain/json.ts';
import { type ConfigPlaces, PROJECT_FILE, shownPath } from '../places.ts';
import type { ValuePath } from '../schema-paths.ts';
import { type FileKey, isOfProfiles } from '../settings/file-keys.ts';
import type { Given } from './given-values.ts';
import { type Origin, showOrigin } from './origin.ts';

/** From the lowest to the highest. */
const RANKS: readonly Origin['kind'][] = [
  ...(['built-in', 'pipeline', 'defaults', 'profile', 'user', 'project', 'environment', 'values', 'flag'] as const),
];

/**
 * Who gave the value at `place`, from the lowest layer to the highest. `given`: of all layers, in their order; `holding`:
 * those of them that hold; `fallback`: what holds when nobody gives any.
 */
export function layersOf(of: {
  readonly place: ValuePath;
  readonly given: readonly Given[];
  readonly holding: readonly Given[];
  readonly fallback: { readonly value: Json; readonly origin: string } | undefined;
}): readonly GivenLayer[] {
  const { place, given, holding, fallback } = of;
  // A value of another shape, or null, was given for all that is around it.
  const own = given.filter(({ path }) => path.length <= place.length && path.every((step, at) => place[at] === step));
  const layers = own.map((one): GivenLayer => {
    const holds = holding.includes(one);
    return { layer: one.origin.kind, origin: showOrigin(one.origin), value: one.value, holds };
  });
  if (fallback === undefined) return layers;
  const layer = fallback.origin === 'built in' ? 'built-in' : 'pipeline';
  return [{ layer, ...fallback, holds: layers.every(({ holds }) => !holds) }, ...layers];
}

/** What to write or type to go over a layer, from the lowest to the highest; `typed`: beside what stands in files under `block`. */
export function waysOver(
  layer: Origin['kind'],
  of: {
    readonly block: FileKey;
    readonly typed: readonly (readonly [Origin['kind'], string])[];
    readonly places: ConfigPlaces;
  },
): readonly string[] {
  const { block, typed, places } = of;
  const ways: readonly (readonly [Origin['kind'], string])[] = [
    ...(isOfProfiles(block) ? [['profile', `${block}: in a profile`] as const] : []),
    ['user', `${block}: in ${shownPath(places.userFile, places.home)}`],
    ['project', `${block}: in ${PROJECT_FILE}`],
    ...typed,
  ];
  const rank = RANKS.indexOf(layer);
  const above = ways.filter(([kind]) => RANKS.indexOf(kind) > rank).map(([, way]) => way);
  return above.length === 0 ? ways.slice(-1).map(([, way]) => way) : above;
}
