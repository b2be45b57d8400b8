/*
 * How an image of ours is called. One that was pushed is named by its digest; any other by a content tag, the hash of
 * what it is built from, so that every machine gives the same files the same name and no engine is asked.
 */

/** Stands for the program's own image where others are named by their folder. */
export const PROGRAM_IMAGE = 'program';

const NAMESPACE = 'ilab-backend';
const TAG_LENGTH = 12;
const CONTENT_TAG = /^ilab-backend\/[a-z0-9-]+:src-[0-9a-f]{12}$/;
const DIGEST = /@(sha256:[0-9a-f]{64})$/;

/** `stages/train/mlx` -> `train-mlx`. */
export function shortImageName(image: string): string {
  return image
    .split('/')
    .slice(image.startsWith('stages/') ? 1 : 0)
    .join('-');
}

/** `ilab-backend/<stage>-<engine>:src-<hash>`; `identity` is the `sha256:...` of the build inputs. */
export function contentReference(image: string, identity: string): string {
  return `${NAMESPACE}/${shortImageName(image)}:src-${identity.replace(/^sha256:/, '').slice(0, TAG_LENGTH)}`;
}

/** What an engine without a folder is shown as. */
export function notBuiltReference(image: string): string {
  return `${NAMESPACE}/${shortImageName(image)}:not-built`;
}

/** True for a name that no registry holds: nodes must have the image. `templates/_shared/main.yaml` has the same rule. */
export function isContentTag(reference: string): boolean {
  return CONTENT_TAG.test(reference);
}

/** `sha256:...` of a reference by digest, undefined of any other. */
export function digestOf(reference: string): string | undefined {
  return DIGEST.exec(reference)?.[1];
}

/**
 * Where an image is pushed to: `REGISTRY/<path>/<stage>-<engine>:src-<hash>`; a registry without a path gets one.
 * `registry` is a host, or a host and a path.
 */
export function pushReference(registry: string, reference: string): string {
  const place = registry.replace(/\/+$/, '');
  return `${place.includes('/') ? place : `${place}/${NAMESPACE}`}/${reference.slice(NAMESPACE.length + 1)}`;
}
