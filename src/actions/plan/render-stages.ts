import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import { previewBindings } from '../../domain/pipeline/bindings.ts';
import { queueOf } from '../../domain/plan/queue-label.ts';
import type { RenderedKind } from '../../domain/rights/rights.ts';
import type { ImageIdentity, PlanTarget } from '../../ports/target.ts';
import { toYaml } from '../../template/index.ts';
import type { OpenProject } from '../project/open-project.ts';

/** The manifests of one stage. */
export interface RenderedStage {
  readonly stage: StageName;
  /** The objects as kubectl reads them, document by document. */
  readonly yaml: string;
  /** The reference of its image when nobody built it, as far as is known. */
  readonly notBuilt?: string;
}

/** The manifests as they will be sent but for the bindings, which are placeholders; an input without a value is left out. */
export async function renderStages(
  { pipeline }: OpenProject,
  target: PlanTarget,
  stages: readonly StageName[],
): Promise<readonly RenderedStage[]> {
  const wanted = new Set(stages);
  const rendered: RenderedStage[] = [];
  const known = new Map<string, ImageIdentity>(); // to identify an image is to read all it is made from
  const program = pipeline.pod['storage'] === undefined ? undefined : await target.identify(PROGRAM_IMAGE);
  for (const stage of pipeline.pipeline.stages) {
    if (!wanted.has(stage.name)) continue;
    const { image } = pipeline.choice(stage.name);
    const identity = known.get(image) ?? (await target.identify(image));
    known.set(image, identity);
    const given = new Set(pipeline.sourceInputs(stage.name).map((input) => input.name));
    const absent = stage.inputs
      .filter((input) => input.kind === 'source' && !given.has(input.name))
      .map((input) => input.name);
    const bindings = previewBindings(stage, identity.reference, new Set(absent), program?.reference);
    const isMissing = (await target.imageState?.(identity)) === 'missing';
    rendered.push({
      stage: stage.name,
      yaml: toYaml(pipeline.render(stage.name, bindings)),
      ...(isMissing ? { notBuilt: identity.reference } : {}),
    });
  }
  return rendered;
}

/** The kinds of object that a pipeline's stages are made of, each once. */
export function renderedKinds({ pipeline }: Pick<OpenProject, 'pipeline'>): readonly RenderedKind[] {
  return kindsOf(
    pipeline.pipeline.stages.flatMap((stage) =>
      pipeline.render(stage.name, previewBindings(stage, 'preview', new Set())),
    ),
  );
}

/** The kinds of rendered objects, each once. */
export function kindsOf(objects: readonly JsonObject[]): readonly RenderedKind[] {
  const kinds = new Map<string, RenderedKind>();
  for (const object of objects) {
    const queued = queueOf(object) === undefined ? {} : { isQueued: true as const };
    const kind = { apiVersion: String(object['apiVersion']), kind: String(object['kind']), ...queued };
    kinds.set(`${kind.apiVersion} ${kind.kind}`, { ...kinds.get(`${kind.apiVersion} ${kind.kind}`), ...kind });
  }
  return [...kinds.values()];
}
