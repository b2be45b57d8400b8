import type { ParsedPipeline } from '../pipelines/load-pipeline.ts';
import { fileOf, partialsOf } from '../pipelines/pipeline-source.ts';
import type { ValuePath } from '../schema-paths.ts';

/** A parameter or a pod setting as expressions name it; what is called is no part of it: `params.?hub.?token.hasValue()`. */
const NAMED = /\b(params|pod)((?:\.\??[A-Za-z_]\w*(?![\w(]))+)/g;
const INCLUDED = /\$include["']?\s*:\s*["']?([\w./-]+)/g;

/**
 * The stages that read a value, in the order of the file: their conditions, parameters and templates, with all these
 * include, name it, something inside it or something around it. Found by the text: what a comment names counts, too.
 */
export function readersOf(
  { file, source }: ParsedPipeline,
  root: 'params' | 'pod',
  path: ValuePath,
): readonly string[] {
  const partials = partialsOf(source);
  const known = new Map<string, boolean>();
  const reads = (text: string): boolean =>
    [...text.matchAll(NAMED)].some(([, of, steps = '']) => of === root && overlap(steps.split(/\.\??/).slice(1), path));
  const readsFile = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, false);
    const text = partials(name)?.text ?? '';
    const found = reads(text) || [...text.matchAll(INCLUDED)].some(([, inner = '']) => readsFile(inner));
    known.set(name, found);
    return found;
  };
  return file.stages
    .filter(({ whole, variants }) => {
      const [start = 0, , end = 0] = whole.range ?? [];
      if (reads(file.reader.file.text.slice(start, end))) return true;
      return variants.some((variant) => fileOf(source, variant.path) !== undefined && readsFile(variant.path));
    })
    .map(({ name }) => name);
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  const shorter = Math.min(a.length, b.length);
  return a.slice(0, shorter).every((name, index) => name === b[index]);
}
