import type { Destination } from '../domain/destination.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { valueAt } from './resolve-values.ts';
import { dotted, namedPaths, schemaAt } from './schema-paths.ts';
import { isSecretReference } from './secret-reference.ts';

/**
 * The places that parameters with `x-destination` name, in the order of the schema. Without a repository there is none, and
 * where its `unless` is true nothing is written to it.
 */
export function destinationsOf(schema: JsonObject, params: JsonObject): readonly Destination[] {
  return namedPaths(schema).flatMap((path) => {
    const meaning = schemaAt(schema, path)?.['x-destination'];
    const value = valueAt(params, dotted(path));
    if (!isJsonObject(meaning) || !isJsonObject(value) || typeof value['repo'] !== 'string') return [];
    const named = (key: string): Json | undefined => {
      const other = meaning[key];
      return typeof other === 'string' ? valueAt(params, other) : undefined;
    };
    if (named('unless') === true) return [];
    const { endpoint = named('endpoint'), token } = value;
    return [
      {
        name: dotted(path),
        kind: meaning['kind'] === 'code-host' ? 'code-host' : 'model-hub',
        repo: value['repo'],
        ...(typeof endpoint === 'string' ? { endpoint } : {}),
        ...(token !== undefined && isSecretReference(token) ? { token } : {}),
      },
    ];
  });
}
