import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import { bind } from '../../domain/pipeline/bindings.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import type { AttemptSpec, Target } from '../../ports/target.ts';
import type { InputSource } from './bind-inputs.ts';
import { chosenImages, type RunDocument } from './run-document.ts';

/** Whose attempt it is, and what it is made from. */
export interface AttemptSource {
  readonly record: Pick<RunRecord, 'name' | 'id' | 'createdAt' | 'planDigest'>;
  readonly pipeline: RenderablePipeline;
  readonly document: RunDocument;
  readonly target: Pick<Target, 'contentRoot'>;
}

/** What is submitted for an attempt: the same inputs give the same objects, whenever it is asked. */
export function attemptSpec(
  { record, pipeline, document, target }: AttemptSource,
  stage: Stage,
  attempt: number,
  inputs: readonly InputSource[],
  key: string,
): AttemptSpec {
  const choice = pipeline.choice(stage.name);
  const image = document.images[choice.image];
  if (image === undefined) throw new Error(`the plan of ${record.name} holds no image ${choice.image}`);
  const program = document.images[PROGRAM_IMAGE];
  const ref = { run: record.name, stage: stage.name, attempt };
  const bindings = bind({
    run: {
      name: record.name,
      id: record.id,
      created: record.createdAt,
      plan: record.planDigest,
      images: chosenImages(pipeline, document),
    },
    stage: stage.name,
    attempt,
    image: image.reference,
    ...(program === undefined ? {} : { program: program.reference }),
    inputs,
    contentRoot: target.contentRoot(ref),
  });
  return {
    ...ref,
    key,
    objects: pipeline.render(stage.name, bindings),
    contract: stage.contract,
    outputs: stage.outputs,
    pod: pipeline.pod,
    images: program === undefined ? [image] : [image, program],
    queueTimeout: stage.timeouts.queue,
    startTimeout: stage.timeouts.start,
  };
}
