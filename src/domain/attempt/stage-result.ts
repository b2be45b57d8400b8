import { isJsonObject, type Json } from '../json.ts';
import type { ArtifactResult, StageResult } from './outcome.ts';

/*
 * The result of a stage as text, wherever it was left: in result.json, or in a termination message. What it names is
 * checked by who can see it.
 */

const ARTIFACT_NAME = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/;

/** What the text of a result holds. `fault` completes "its result ...". */
export type ParsedResult =
  | { readonly kind: 'result'; readonly result: StageResult }
  | { readonly kind: 'invalid'; readonly fault: string };

/** Parses the JSON of a result and checks all that can be seen without its files; it must name all of `outputs`. */
export function parseStageResult(text: string, outputs: readonly string[]): ParsedResult {
  try {
    return { kind: 'result', result: checkResult(parse(text), outputs) };
  } catch (error) {
    if (error instanceof ResultFault) return { kind: 'invalid', fault: error.message };
    throw error;
  }
}

/** Something in the result is not as the contract says; the message names it. */
class ResultFault extends Error {}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new ResultFault(`is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkResult(json: Json, outputs: readonly string[]): StageResult {
  if (!isJsonObject(json)) throw new ResultFault('is no JSON object');
  if (json['version'] !== 1) throw new ResultFault(`has version ${JSON.stringify(json['version'] ?? null)}, not 1`);
  const metrics = checkMetrics(json['metrics'] ?? null);
  const list = json['artifacts'];
  if (!Array.isArray(list)) throw new ResultFault('has no list "artifacts"');
  const artifacts = (list as readonly Json[]).map(checkArtifact);
  const names = artifacts.map((artifact) => artifact.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ResultFault(`names the artifact ${twice} twice`);
  const missing = outputs.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new ResultFault(`does not name ${missing.join(', ')}, which the pipeline wants`);
  const chosen = json['chosen'] ?? null;
  if (chosen === null) return { version: 1, metrics, artifacts };
  if (typeof chosen !== 'string') throw new ResultFault('has a "chosen" that is no text');
  return { version: 1, metrics, artifacts, chosen };
}

function checkMetrics(json: Json): Readonly<Record<string, number>> {
  if (!isJsonObject(json)) throw new ResultFault('has no object "metrics"');
  for (const [name, value] of Object.entries(json)) {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new ResultFault(`has a metric ${name} that is no number`);
  }
  return json as Readonly<Record<string, number>>;
}

function checkArtifact(json: Json, index: number): ArtifactResult {
  if (!isJsonObject(json)) throw new ResultFault(`has an artifact ${index} that is no object`);
  const { name, path, digest, size } = json;
  if (typeof name !== 'string' || !ARTIFACT_NAME.test(name))
    throw new ResultFault(`has an artifact ${index} without a good name`);
  if (typeof path !== 'string' || path === '') throw new ResultFault(`gives no path for ${name}`);
  if (path.startsWith('/') || path.split('/').includes('..'))
    throw new ResultFault(`gives ${name} a path outside artifacts/`);
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new ResultFault(`gives no sha256 for ${name}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new ResultFault(`gives no size for ${name}`);
  return { name, path, digest, size };
}
