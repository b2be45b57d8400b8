import type { RunEvent } from '../../domain/event.ts';
import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import { isDone } from '../../domain/run/run-phase.ts';
import type { ImageIdentity } from '../../ports/target.ts';
import { type Deps, timestamp } from '../deps.ts';
import type { OpenRun } from '../open-run.ts';
import type { RunSession } from './run-session.ts';

/** Makes the images of the stages that may still run ready to run, each for the first stage that wants it. Throws `cannot-start`. */
export async function prepareImages(
  deps: Deps,
  session: RunSession,
  { document, pipeline }: OpenRun,
  emit: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const images = new Map<string, { readonly image: ImageIdentity; readonly stage: Stage }>();
  for (const stage of pipeline.pipeline.stages) {
    const mayRun =
      document.selection.selected.includes(stage.name) && document.selection.reuse[stage.name] === undefined;
    if (!mayRun || isDone(session.stage(stage.name))) continue;
    const image = document.images[pipeline.choice(stage.name).image];
    for (const one of [image, document.images[PROGRAM_IMAGE]])
      if (one !== undefined && !images.has(one.reference)) images.set(one.reference, { image: one, stage });
  }
  const { name: run } = session.record;
  for (const { image, stage } of images.values()) {
    const say = (message: string): void =>
      emit({ type: 'stage-preparing', time: timestamp(deps.clock), run, stage: stage.name, message });
    await deps.target.prepare([image], say, signal);
  }
}
