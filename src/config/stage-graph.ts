import type { StageName } from '../domain/naming.ts';
import type { OutputRef } from '../domain/pipeline.ts';
import { nameHint } from '../template/closest.ts';
import { type PipelineFile, stageNames } from './pipeline-file.ts';
import type { OutputSection, StageSection } from './stage-section.ts';

/** How the stages of a pipeline hang together. */
export interface StageGraph {
  /** Every stage after those it needs, otherwise in the order of the file. */
  readonly order: readonly StageSection[];
  /** What a stage needs directly: as written, and the stages its inputs name; in the order of the pipeline. */
  readonly needs: ReadonlyMap<StageName, readonly StageName[]>;
}

/** Resolves what stages say about each other; wrong references and cycles are reported to the file's reader. */
export function readGraph(file: PipelineFile): StageGraph {
  const needs = new Map<StageName, readonly StageName[]>();
  for (const stage of file.stages) {
    const names = new Set([...ownNeeds(file, stage), ...inputNeeds(file, stage)]);
    needs.set(
      stage.name,
      stageNames(file).filter((name) => names.has(name)),
    );
  }
  return { order: inOrder(file, needs), needs };
}

function ownNeeds(file: PipelineFile, stage: StageSection): readonly StageName[] {
  return stage.needs.flatMap(({ name, node }) => {
    const found = stageNames(file).find((candidate) => candidate === name);
    if (found === undefined)
      file.reader.report(node, `there is no stage \`${name}\``, nameHint(name, stageNames(file)));
    return found === undefined ? [] : [found];
  });
}

function inputNeeds(file: PipelineFile, stage: StageSection): readonly StageName[] {
  return stage.inputs.flatMap((input) =>
    input.kind === 'source' ? [] : input.from.flatMap((ref) => resolveRef(file, ref)?.stage ?? []),
  );
}

function resolveRef(file: PipelineFile, ref: OutputSection): OutputRef | undefined {
  const maker = file.stages.find((candidate) => candidate.name === ref.stage);
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

function inOrder(file: PipelineFile, needs: ReadonlyMap<StageName, readonly StageName[]>): readonly StageSection[] {
  const order: StageSection[] = [];
  const done = new Set<StageName>();
  const path: StageName[] = [];
  const visit = (stage: StageSection): void => {
    if (done.has(stage.name)) return;
    const start = path.indexOf(stage.name);
    if (start !== -1) {
      const circle = [...path.slice(start), stage.name].map((name) => `\`${name}\``).join(' needs ');
      file.reader.report(
        stage.key,
        `stages need each other in a circle: ${circle}`,
        'remove one of the needs or inputs',
      );
      return;
    }
    path.push(stage.name);
    for (const need of needs.get(stage.name) ?? []) {
      const section = file.stages.find((candidate) => candidate.name === need);
      if (section !== undefined) visit(section);
    }
    path.pop();
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
