import type { RunName, StageName } from '../naming.ts';
import type { Stage } from './pipeline.ts';
import type { InputBinding, MountedInput, RunBinding } from './render-values.ts';
import type { Bindings } from './renderable-pipeline.ts';

/** Where a stage's container finds its content; a local process has it in `$ILAB_CONTENT`. */
export const CONTENT_ROOT = '/content';

/** What stands for a run's name until there is one. */
export const PREVIEW_RUN = 'preview';

/** What stands for when it was recorded. */
const PREVIEW_TIME = '1970-01-01T00:00:00.000Z';

const ZEROS = `sha256:${'0'.repeat(64)}`;

/** One input, ready to be bound: what it is, and where it lies when it is a folder or a file of the workspace. */
export interface BoundInput {
  readonly name: string;
  readonly digest: string;
  /** Where it lies inside the workspace; absent for what the stage fetches itself, whose `uri` says what. */
  readonly subPath?: string;
  /** Files that lie beside it under its own name and go with it: `.listing`, `.source.json`. */
  readonly companions?: readonly string[];
  readonly uri?: string;
}

/** What is known of an attempt just before it is submitted. */
export interface BindingRequest {
  readonly run: RunBinding & { readonly name: RunName };
  readonly stage: StageName;
  readonly attempt: number;
  readonly image: string;
  /** The image of this program; absent where nothing of the stage runs in it. */
  readonly program?: string;
  readonly inputs: readonly BoundInput[];
  /** `/content` in a container. */
  readonly contentRoot: string;
}

/** The bindings of one attempt. */
export function bind(request: BindingRequest): Bindings {
  const inputs: Record<string, InputBinding> = {};
  const mounts: MountedInput[] = [];
  for (const input of request.inputs) {
    const path = `${request.contentRoot}/inputs/${input.name}`;
    if (input.subPath === undefined) {
      inputs[input.name] = { uri: input.uri ?? '', digest: input.digest };
    } else {
      inputs[input.name] = { path, uri: `file://${path}`, digest: input.digest };
      for (const suffix of ['', ...(input.companions ?? [])]) {
        const mountPath = `${CONTENT_ROOT}/inputs/${input.name}${suffix}`;
        mounts.push({ name: input.name, mountPath, subPath: `${input.subPath}${suffix}` });
      }
    }
  }
  return {
    run: request.run,
    attempt: request.attempt,
    image: request.image,
    ...(request.program === undefined ? {} : { program: request.program }),
    inputs,
    mounts,
    outputs: {
      path: `${request.contentRoot}/artifacts`,
      subPath: outputsFolder(request.run.name, request.stage, request.attempt),
    },
  };
}

/** Where an attempt's outputs lie inside the workspace. */
export function outputsFolder(run: string, stage: string, attempt: number): string {
  return `runs/${run}/${stage}/${attempt}`;
}

/**
 * Typed placeholders, so that what is shown at plan time is what will be sent but for the bindings. `absent` are the
 * inputs known to have no source.
 */
export function previewBindings(
  stage: Stage,
  image: string,
  absent: ReadonlySet<string>,
  program: string | undefined = undefined,
): Bindings {
  const run = {
    ...{ name: PREVIEW_RUN as RunName, id: '00000000-0000-0000-0000-000000000000', created: PREVIEW_TIME },
    ...{ plan: ZEROS, images: {} },
  };
  const inputs = stage.inputs
    .filter((input) => !absent.has(input.name))
    .map((input) => ({ name: input.name, digest: ZEROS, subPath: `inputs/${input.name}` }));
  const ours = program === undefined ? {} : { program };
  return bind({ run, stage: stage.name, attempt: 1, image, ...ours, inputs, contentRoot: CONTENT_ROOT });
}
