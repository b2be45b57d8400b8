import { nameHint } from '../../domain/closest.ts';
import type { StageName } from '../../domain/naming.ts';
import type { OutputRef } from '../../domain/pipeline/pipeline.ts';
import type { OutputSection, StageSection } from '../settings/stage-section.ts';
import { type PipelineFile, stageNames } from './pipeline-file.ts';

/** How the stages of a pipeline hang together. */
export interface StageGraph {
  /** Every stage after those it needs, otherwise in the order of the file. */
  readonly order: readonly StageSection[];
  /** What a stage needs directly: as written, and the stages its inputs name; in the order of the pipeline. */
  readonly needs: ReadonlyMap<StageName, readonly StageName[]>;
}

/** Resolves what stages say about each other; wrong references and cycles are reported to the file's reader. */
export function readGraph(file: PipelineFile): StageGraph {
  const stages: Stages = new Map(file.stages.map((stage) => [stage.name, stage]));
  const places = new Map(stageNames(file).map((name, index) => [name, index]));
  const needs = new Map<StageName, readonly StageName[]>();
  for (const stage of file.stages) {
    const names = new Set([...ownNeeds(file, stages, stage), ...inputNeeds(file, stages, stage)]);
    needs.set(
      stage.name,
      [...names].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0)),
    );
  }
  return { order: inOrder(file, stages, needs), needs };
}

type Stages = ReadonlyMap<string, StageSection>;

function ownNeeds(file: PipelineFile, stages: Stages, stage: StageSection): readonly StageName[] {
  return stage.needs.flatMap(({ name, node }) => {
    const found = stages.get(name);
    if (found === undefined)
      file.reader.report(node, `there is no stage \`${name}\``, nameHint(name, stageNames(file)));
    return found === undefined ? [] : [found.name];
  });
}

function inputNeeds(file: PipelineFile, stages: Stages, stage: StageSection): readonly StageName[] {
  return stage.inputs.flatMap((input) =>
    input.kind === 'source' ? [] : input.from.flatMap((ref) => resolveRef(file, stages, ref)?.stage ?? []),
  );
}

function resolveRef(file: PipelineFile, stages: Stages, ref: OutputSection): OutputRef | undefined {
  const maker = stages.get(ref.stage);
  if (maker === undefined) {
    file.reader.report(ref.node, `there is no stage \`${ref.stage}\``, nameHint(ref.stage, stageNames(file)));
    return undefined;
  }
  if (!maker.outputs.includes(ref.output)) {
    const message = `stage \`${ref.stage}\` has no output \`${ref.output}\``;
    file.reader.report(ref.node, message, nameHint(ref.output, maker.outputs));
  }
  return { stage: maker.name, output: ref.output };
}

function inOrder(
  file: PipelineFile,
  stages: Stages,
  needs: ReadonlyMap<StageName, readonly StageName[]>,
): readonly StageSection[] {
  const order: StageSection[] = [];
  const done = new Set<StageName>();
  const path = new Set<StageName>();
  const visit = (stage: StageSection): void => {
    if (done.has(stage.name)) return;
    if (path.has(stage.name)) {
      const names = [...path];
      const circle = [...names.slice(names.indexOf(stage.name)), stage.name]
        .map((name) => `\`${name}\``)
        .join(' needs ');
      file.reader.report(
        stage.key,
        `stages need each other in a circle: ${circle}`,
        'remove one of the needs or inputs',
      );
      return;
    }
    path.add(stage.name);
    for (const need of needs.get(stage.name) ?? []) {
      const section = stages.get(need);
      if (section !== undefined) visit(section);
    }
    path.delete(stage.name);
    done.add(stage.name);
    order.push(stage);
  };
  for (const stage of file.stages) visit(stage);
  return order;
}

/** Every stage that `name` builds on, directly or not. */
export function upstream(graph: StageGraph, name: StageName): ReadonlySet<StageName> {
  const found = new Set<StageName>();
  const open: StageName[] = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const need of graph.needs.get(next) ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      open.push(need);
    }
  }
  return found;
}
