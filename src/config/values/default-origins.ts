import type { JsonObject } from '../../domain/json.ts';
import type { ParamLeaf } from '../../template/schema/param-leaves.ts';
import { nodeAt, yamlSource } from '../../template/yaml/yaml-source.ts';
import type { FileReader } from '../file-reader.ts';
import type { Origin } from './origin.ts';
import { valueAt } from './resolve-values.ts';

/** Where the pipeline's file says the values that nobody else gave, by dotted path. */
export function defaultOrigins(
  reader: FileReader,
  leaves: readonly ParamLeaf[],
  values: JsonObject,
  given: ReadonlyMap<string, Origin>,
): ReadonlyMap<string, Origin> {
  const [document] = yamlSource(reader.file).documents;
  const found = new Map<string, Origin>();
  for (const { path } of leaves) {
    if (given.has(path) || valueAt(values, path) === undefined || document === undefined) continue;
    const steps = path.split('.').flatMap((name) => ['properties', name]);
    const node = nodeAt(document, ['params', ...steps, 'default']) ?? nodeAt(document, ['params', ...steps]);
    if (node !== undefined) found.set(path, { kind: 'pipeline', ...reader.place(node) });
  }
  return found;
}
