import { UserError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { type Manifest, parseManifest } from '../../domain/publication/manifest.ts';
import { type Report as Evaluation, parseReport } from '../../domain/publication/report.ts';
import { type DataReport, dataReport, type ScoreReport, scoreReport } from '../../domain/report/findings.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import { type FoundArtifact, findArtifacts } from '../artifacts/find-artifacts.ts';
import type { Deps } from '../deps.ts';

/** A manifest of the largest taxonomies has some megabytes; what is larger is neither. */
const LARGEST_BYTES = 32 * 1024 * 1024;

/**
 * The scores and the manifests among what a run made: files with JSON that have the shape of one, whatever made them. What cannot be
 * read is told.
 */
export async function readFindings(
  deps: Deps,
  record: RunRecord,
  signal: AbortSignal,
  tell: (sentence: string) => void,
): Promise<{ readonly scores: readonly ScoreReport[]; readonly data: readonly DataReport[] }> {
  const evaluations: (readonly [FoundArtifact, Evaluation])[] = [];
  const manifests: (readonly [FoundArtifact, Manifest])[] = [];
  const files = (await findArtifacts(deps, record.name, [])).filter(
    ({ path, size }) => path.endsWith('.json') && size <= LARGEST_BYTES,
  );
  for (const file of files) {
    try {
      const text = await readText(deps, file, signal);
      const shape = shapeOf(text);
      if (shape === 'scores') evaluations.push([file, parseReport(text)]);
      if (shape === 'manifest') manifests.push([file, parseManifest(text)]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      tell(`${file.id} could not be read: ${error.message}`);
    }
  }
  const paths = new Map(manifests.flatMap(([, { leaves }]) => leaves.map(({ id, path }) => [id, path] as const)));
  const by = ({ stage, name }: FoundArtifact) => ({ stage, artifact: name });
  return {
    scores: evaluations.map(([file, evaluation]) => ({ ...by(file), ...scoreReport(evaluation, paths) })),
    data: manifests.map(([file, manifest]) => ({ ...by(file), ...dataReport(manifest) })),
  };
}

async function readText(deps: Deps, { ref, path }: FoundArtifact, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of deps.artifacts.read(ref, path, 0, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** What a file means to be: a broken one is a fault to be told, another one is nothing to us. */
function shapeOf(text: string): 'scores' | 'manifest' | undefined {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  if (!isJsonObject(json)) return undefined;
  if (json['base'] !== undefined && json['candidates'] !== undefined) return 'scores';
  return Array.isArray(json['leaves']) && json['totals'] !== undefined ? 'manifest' : undefined;
}
