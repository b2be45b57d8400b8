import { configureEngines } from '../../config/configure.ts';
import { configPlaces } from '../../config/places.ts';
import { showOrigin } from '../../config/values/origin.ts';
import { UserError } from '../../domain/errors.ts';
import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import type { ProjectRequest } from '../project/open-project.ts';

/** Whose images are meant. */
export interface ImagesRequest extends Omit<ProjectRequest, 'set' | 'valueFiles'> {
  /** Stage names, or `program`; empty = those of the pipeline and the program's own. */
  readonly stages: readonly string[];
}

/** An image of the pipeline, as its files have it. */
export interface ChosenImage {
  /** `stages/<stage>/<engine>`, `program`, or a foreign reference. */
  readonly image: string;
  /** The stages that use it. */
  readonly stages: readonly string[];
  /** What a file says stands for it, and where. */
  readonly pinned?: { readonly reference: string; readonly origin: string };
}

/** What was chosen, and its images in the order of the stages. */
export interface ChosenImages {
  readonly pipeline: string;
  readonly profile?: string;
  readonly images: readonly ChosenImage[];
}

/** The images of a pipeline with a profile. Throws `unknown-stage` for a name that is no stage. */
export async function chooseImages(files: SourceFiles, request: ImagesRequest): Promise<ChosenImages> {
  const { packageRoot, cwd, home, env, project, stages: names, ...typed } = request;
  const places = configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
  const { engines, ...chosen } = await configureEngines(files, { places, env, ...typed });
  const known = [...engines.map(({ stage }) => stage), PROGRAM_IMAGE];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UserError('unknown-stage', `pipeline ${chosen.pipeline} has no stage ${unknown}`, {
      hint: `stages: ${known.join(', ')} (${PROGRAM_IMAGE} is the program's own image)`,
    });
  }
  const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);
  const images = new Map<string, ChosenImage>();
  for (const { stage, image, pinned } of engines.filter((engine) => isWanted(engine.stage))) {
    const stages = [...(images.get(image)?.stages ?? []), stage];
    const shown = pinned && { reference: pinned.reference, origin: showOrigin(pinned.origin) };
    images.set(image, { image, stages, ...(shown === undefined ? {} : { pinned: shown }) });
  }
  const isStage = engines.some(({ stage }) => stage === PROGRAM_IMAGE);
  // A stage may run the program itself.
  if (!isStage && !images.has(PROGRAM_IMAGE) && isWanted(PROGRAM_IMAGE))
    images.set(PROGRAM_IMAGE, { image: PROGRAM_IMAGE, stages: [] });
  return { ...chosen, images: [...images.values()] };
}
