import type { Node } from 'yaml';
import { nameHint } from '../../domain/closest.ts';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import { type CompiledOverlay, compileOverlay } from '../../template/overlay.ts';
import type { FileReader } from '../file-reader.ts';
import type { LoadedPipeline, LoadedStage } from './loaded-pipeline.ts';

/** The overlays of one file for one stage, as they are stored with a run. */
export interface StoredOverlays {
  readonly stage: string;
  /** Where they were written, for messages. */
  readonly from: string;
  /** A list of `{ kind?, name?, patch }` as JSON. */
  readonly text: string;
}

/**
 * Checks the `overlays:` of a file, a mapping of stages to lists, against the pipeline's chosen templates; `path` leads
 * to it inside the file. Faults go to the reader.
 */
export function readOverlays(
  file: { readonly reader: FileReader; readonly node: Node | undefined; readonly path: readonly string[] },
  pipeline: LoadedPipeline,
  variants: Readonly<Record<string, string>>,
): readonly StoredOverlays[] {
  const { reader, node, path } = file;
  const stored: StoredOverlays[] = [];
  for (const entry of reader.entries(node, '`overlays`')) {
    const stage = pipeline.stages.get(entry.name);
    if (stage === undefined) {
      reader.report(entry.key, `there is no stage \`${entry.name}\``, nameHint(entry.name, pipeline.stages.keys()));
      continue;
    }
    const items = reader.items(entry.value, `the overlays of \`${entry.name}\``) ?? [];
    const template = stage.templates.get(variants[entry.name] ?? '');
    for (const index of items.keys()) {
      const overlay = take(reader, stage, reader.file, [...path, entry.name, index]);
      if (overlay !== undefined && template !== undefined) reader.problems.push(...overlay.check(template));
    }
    const value = reader.json(entry.value, 'an overlay');
    if (value !== undefined) stored.push({ stage: entry.name, from: reader.file.path, text: JSON.stringify(value) });
  }
  return stored;
}

function take(
  reader: FileReader,
  stage: LoadedStage,
  file: SourceFile,
  path: readonly (string | number)[],
): CompiledOverlay | undefined {
  const { scope, partials } = stage;
  const result = compileOverlay({ file, path, scope, partials });
  if (result.kind === 'ok') return result.value;
  reader.problems.push(...result.problems);
  return undefined;
}

/** The stored overlays of a stage, ready to apply in their order. They were right when they were stored. */
export function openOverlays(stored: readonly StoredOverlays[], stage: LoadedStage): readonly CompiledOverlay[] {
  return stored
    .filter((overlays) => overlays.stage === stage.stage.name)
    .flatMap(({ from, text }) => {
      const file = { path: `overlays of ${from}`, text };
      const count = (JSON.parse(text) as readonly unknown[]).length;
      return Array.from({ length: count }, (_, index) => {
        const result = compileOverlay({ file, path: [index], scope: stage.scope, partials: stage.partials });
        if (result.kind === 'ok') return result.value;
        throw new Error(`stored overlay ${index} of ${from}: ${result.problems[0]?.message}`);
      });
    });
}
