import { sha256 } from '../data/digest.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import type { StageName } from '../naming.ts';

/**
 * The idempotency key of an attempt: `<run id>/<stage>/<attempt>/<sha256 of the rendered objects>`. It is written on
 * the object and compared when one is found under the name: same key, ours; other key, somebody else's.
 */
export function attemptManifestKey(
  runId: string,
  stage: StageName,
  attempt: number,
  objects: readonly JsonObject[],
): string {
  return `${runId}/${stage}/${attempt}/${sha256(canonicalJson(objects))}`;
}
