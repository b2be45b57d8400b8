import { stringify } from 'yaml';
import { podTemplates } from '../../src/adapters/kubernetes/target/workload.ts';
import { contentReference } from '../../src/domain/image/image-name.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { previewBindings } from '../../src/domain/pipeline/bindings.ts';
import type { Stage } from '../../src/domain/pipeline/pipeline.ts';
import type { RenderablePipeline } from '../../src/domain/pipeline/renderable-pipeline.ts';

/** A stage's objects with placeholder bindings, every input bound but those that nobody named data for. */
export function objectsOf(pipeline: RenderablePipeline, name: string): readonly JsonObject[] {
  const stage = pipeline.pipeline.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  const named = new Set(pipeline.sourceInputs(stage.name).map((input) => input.name));
  const absent = stage.inputs.filter((input) => input.kind === 'source' && !named.has(input.name));
  const bindings = previewBindings(stage, imageOf(pipeline, stage), new Set(absent.map((input) => input.name)));
  return pipeline.render(stage.name, bindings);
}

/** As the target names it; of what an image of ours is made from, any change would change every file. */
function imageOf(pipeline: RenderablePipeline, stage: Stage): string {
  const { image } = pipeline.choice(stage.name);
  const isOurs = pipeline.target === 'kubernetes' && image.startsWith('stages/');
  return isOurs ? contentReference(image, `sha256:${'0'.repeat(64)}`) : image;
}

/** The same as `kubectl` reads them. */
export function manifestsOf(pipeline: RenderablePipeline, name: string): string {
  const options = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;
  return objectsOf(pipeline, name)
    .map((object) => stringify(object, options))
    .join('---\n');
}

export function jobOf(pipeline: RenderablePipeline, name: string): JsonObject {
  const job = objectsOf(pipeline, name).find((object) => object['kind'] === 'Job');
  if (job === undefined) throw new Error(`stage ${name} has no Job`);
  return job;
}

export interface Pod {
  readonly pod: JsonObject;
  readonly main: JsonObject;
  readonly init: readonly JsonObject[];
  /** All of them. */
  readonly containers: readonly JsonObject[];
}

/** As their operators want the main container called. */
const MAIN = ['main', 'pytorch', 'node'];

/** Each pod that what a stage renders has made, whatever its kind. */
export function podsOf(pipeline: RenderablePipeline, name: string): readonly Pod[] {
  return objectsOf(pipeline, name)
    .flatMap((object) => podTemplates(object))
    .map((template) => {
      const pod = template['spec'] as JsonObject;
      const containers = pod['containers'] as readonly JsonObject[];
      const init = (pod['initContainers'] ?? []) as readonly JsonObject[];
      const main = containers.find((container) => MAIN.includes(String(container['name'])));
      if (main === undefined) throw new Error(`stage ${name} has no main container`);
      return { pod, main, init, containers: [...init, ...containers] };
    });
}

/** The first of them. */
export function podOf(pipeline: RenderablePipeline, name: string): Pod {
  const [pod] = podsOf(pipeline, name);
  if (pod === undefined) throw new Error(`stage ${name} has no pod`);
  return pod;
}
