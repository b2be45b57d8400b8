import { parseDocument } from 'yaml';
import { loadPipeline } from '../../src/config/pipelines/load-pipeline.ts';
import type { LoadedPipeline } from '../../src/config/pipelines/loaded-pipeline.ts';
import type { Compiled } from '../../src/template/compiled.ts';
import { formatProblems } from '../../src/template/schema/format-problems.ts';

/** A pipeline of two stages, `make` and `use`, that loads; tests change what they are about. */
export const PIPELINE = `
apiVersion: ilab-backend.dev/v1alpha1
kind: Pipeline
metadata: { name: p, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  required: [data]
  properties:
    data: { type: string, x-source: { builtin: [tiny] } }
    base: { type: string }
    epochs: { type: integer, minimum: 1, default: 2 }
    key: { type: object, x-secret: true }
stages:
  make:
    inputs: { data: { source: "\${params.data}", changedSince: "\${params.?base}" } }
    engines: { one: { image: stages/make/one }, two: { image: stages/make/two, requires: [base] } }
    variants: { job: make.yaml }
    params: { epochs: "\${params.epochs}" }
    outputs: { rows: {} }
  use:
    inputs: { rows: make.rows }
    when: params.epochs > 1
    gate: { enough: results.make.metrics.rows > 10 }
    engines: { one: { image: stages/use/one } }
    variants: { job: use.yaml }
`.trimStart();

export const TEMPLATE = `
apiVersion: batch/v1
kind: Job
metadata: { name: "\${run.name}-\${stage.name}-\${attempt}" }
spec: { template: { spec: { containers: [{ name: main, image: "\${image}", command: [run] }] } } }
`.trimStart();

/** The pipeline's text with values put in at paths; undefined takes a key out. */
export function changed(changes: Readonly<Record<string, unknown>>, text = PIPELINE): string {
  const document = parseDocument(text);
  for (const [path, value] of Object.entries(changes)) {
    if (value === undefined) document.deleteIn(path.split('.'));
    else document.setIn(path.split('.'), document.createNode(value));
  }
  return document.toString({ lineWidth: 0 });
}

export function load(
  pipeline: string = PIPELINE,
  files: Readonly<Record<string, string>> = { 'make.yaml': TEMPLATE, 'use.yaml': TEMPLATE },
): Compiled<LoadedPipeline> {
  const all = { 'pipeline.yaml': pipeline, ...files };
  const source = {
    folder: 'pipelines/p',
    files: Object.entries(all).map(([path, text]) => ({ path: `pipelines/p/${path}`, text })),
    shared: [{ path: 'templates/_shared/labels.yaml', text: 'stage: ${stage.name}\n' }],
  };
  return loadPipeline(source, { commands: ['run', 'plan'] });
}

/** What is reported, one `line:column message [hint]` a problem. */
export function problemsOf(result: Compiled<unknown>): readonly string[] {
  if (result.kind === 'ok') return [];
  return result.problems.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint === undefined ? '' : ` [${hint}]`}`,
  );
}

export function loaded(result: Compiled<LoadedPipeline> = load()): LoadedPipeline {
  if (result.kind === 'ok') return result.value;
  throw new Error(formatProblems(result.problems));
}
