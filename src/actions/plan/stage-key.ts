import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { JsonObject } from '../../domain/json.ts';
import { previewBindings } from '../../domain/pipeline/bindings.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { ReuseParts } from '../../domain/plan/plan.ts';
import { reuseParts } from '../../domain/plan/reuse-key.ts';
import type { InputSource } from './bind-inputs.ts';
import type { RunDocument } from './run-document.ts';

/** A stage's objects and params with placeholder bindings, and what its reuse key is made of. */
export interface StagePreview {
  readonly objects: readonly JsonObject[];
  readonly parts: ReuseParts;
}

/** `inputs` are those whose source is known; `absent` those known to have none. */
export function previewStage(
  pipeline: RenderablePipeline,
  document: RunDocument,
  stage: Stage,
  inputs: readonly InputSource[],
  absent: ReadonlySet<string>,
): StagePreview {
  const { image } = pipeline.choice(stage.name);
  const reference = document.images[image]?.reference ?? image;
  const bindings = previewBindings(stage, reference, absent, document.images[PROGRAM_IMAGE]?.reference);
  const objects = pipeline.render(stage.name, bindings);
  // Where things are found changes nothing of what is made from them.
  const keyed = pipeline.regardless?.(stage.name) ?? pipeline;
  const identities = Object.values(document.images).map(({ reference: name, identity }) => [name, identity]);
  return {
    objects,
    parts: reuseParts({
      objects: keyed === pipeline ? objects : keyed.render(stage.name, bindings),
      images: Object.fromEntries(identities),
      params: keyed.stageParams(stage.name, bindings),
      values: pipeline.params,
      inputs: Object.fromEntries(inputs.map((input) => [input.name, input.digest])),
    }),
  };
}
