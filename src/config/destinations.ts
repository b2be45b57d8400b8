import type { Destination, OutsideDestination } from '../domain/destination.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { dotted, namedPaths, schemaAt } from './schema-paths.ts';
import { isSecretReference } from './secret-reference.ts';
import { valueAt } from './values/resolve-values.ts';

/**
 * The places that parameters with `x-destination` name, in the order of the schema. Without a repository or a path there is
 * none, and where its `unless` is true nothing is written to it.
 */
export function destinationsOf(
  schema: JsonObject,
  params: JsonObject,
  target: 'local' | 'kubernetes',
): readonly Destination[] {
  return namedPaths(schema).flatMap((path): readonly Destination[] => {
    const meaning = schemaAt(schema, path)?.['x-destination'];
    const value = valueAt(params, dotted(path));
    if (!isJsonObject(meaning)) return [];
    const named = (key: string): Json | undefined => {
      const other = meaning[key];
      return typeof other === 'string' ? valueAt(params, other) : undefined;
    };
    if (named('unless') === true) return [];
    if (meaning['kind'] === 'folder' && typeof value === 'string') {
      return [{ name: dotted(path), kind: 'folder', path: value, of: target === 'local' ? 'here' : 'pod' }];
    }
    if (!isJsonObject(value) || typeof value['repo'] !== 'string') return [];
    const { endpoint = named('endpoint'), token } = value;
    const place: Omit<OutsideDestination, 'name' | 'repo'> = {
      kind: meaning['kind'] === 'code-host' ? 'code-host' : 'model-hub',
      ...(typeof endpoint === 'string' ? { endpoint } : {}),
      ...(token !== undefined && isSecretReference(token) ? { token } : {}),
    };
    const also = named('also');
    return [
      { name: dotted(path), repo: value['repo'], ...place },
      ...(typeof also === 'string' && also !== value['repo']
        ? [{ ...place, name: String(meaning['also']), repo: also, kind: besides(place.kind) }]
        : []),
    ];
  });
}

/** A second repository of a code host is told of a model in its pull requests. */
function besides(kind: OutsideDestination['kind']): OutsideDestination['kind'] {
  return kind === 'code-host' ? 'pull-requests' : kind;
}
