import type { ArtifactResult, StageResult } from '../../domain/attempt/outcome.ts';
import { LISTING_SUFFIX } from '../../domain/data/digest.ts';
import { unreachable } from '../../domain/errors.ts';
import type { BoundInput } from '../../domain/pipeline/bindings.ts';
import { outputsFolder } from '../../domain/pipeline/bindings.ts';
import type { Stage, StageInput } from '../../domain/pipeline/pipeline.ts';
import type { AttemptOrigin } from '../../domain/plan/plan.ts';
import type { PinnedSource } from '../../ports/source-store.ts';
import { pinsOf, type RunDocument } from './run-document.ts';

/** What an earlier stage made, wherever it ran; undefined when it made nothing (skipped, not asked for). */
export type MadeBy = (stage: string) => { readonly origin: AttemptOrigin; readonly result: StageResult } | undefined;

/** An input bound to an artifact carries the attempt and artifact it comes from, to be checked before use. */
export interface InputSource extends BoundInput {
  readonly artifact?: { readonly origin: AttemptOrigin; readonly name: string; readonly path: string };
}

/** The inputs of a stage that have a source now, in the order of the pipeline file. */
export function bindInputs(stage: Stage, document: RunDocument, made: MadeBy): readonly InputSource[] {
  const pins = pinsOf(document, stage.name);
  const bound: InputSource[] = [];
  for (const input of stage.inputs) {
    const pin = pins.find((candidate) => candidate.input === input.name);
    const source = pin === undefined ? fromArtifact(input, stage, document, made) : fromPin(input.name, pin.source);
    if (source !== undefined) bound.push(source);
  }
  return bound;
}

function fromPin(name: string, source: PinnedSource): InputSource {
  switch (source.kind) {
    case 'folder':
    case 'object':
      return { name, digest: source.digest, subPath: source.subPath, companions: source.companions };
    case 'git':
      return { name, digest: `git:${source.commit}`, uri: `git+${source.url}@${source.commit}` };
    case 'hub':
      return { name, digest: `hf:${source.revision}`, uri: `hf:${source.repo}@${source.revision}` };
    case 'builtin':
      return { name, digest: `builtin:${source.name}`, uri: `builtin:${source.name}` };
    default:
      return unreachable(source);
  }
}

function fromArtifact(input: StageInput, stage: Stage, document: RunDocument, made: MadeBy): InputSource | undefined {
  if (input.kind === 'source') return undefined;
  const chosen = document.selection.inputs[`${stage.name}.${input.name}`];
  const refs = chosen === undefined ? input.from : [chosen];
  for (const ref of refs) {
    const maker = made('run' in ref ? `${ref.stage}@${ref.run}` : ref.stage);
    const artifact = maker?.result.artifacts.find((candidate) => candidate.name === ref.output);
    if (maker === undefined || artifact === undefined) continue;
    const { origin } = maker;
    const folder = outputsFolder(origin.run, origin.stage, origin.attempt);
    return {
      name: input.name,
      digest: artifact.digest,
      // What lies beside it has its name and a suffix: that of a whole folder has no other name.
      subPath: artifact.path === '.' ? folder : `${folder}/${artifact.path}`,
      companions: isListed(artifact) ? [LISTING_SUFFIX] : [],
      artifact: { origin, name: artifact.name, path: artifact.path },
    };
  }
  return undefined;
}

/** Whoever takes it can check it; what a plain stage left on a cluster nobody has listed. */
function isListed({ digest }: ArtifactResult): boolean {
  return digest.startsWith('sha256:');
}
