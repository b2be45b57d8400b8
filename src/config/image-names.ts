import type { Node } from 'yaml';
import { nameHint } from '../domain/closest.ts';
import type { FileReader } from './file-reader.ts';
import type { LoadedPipeline } from './pipelines/loaded-pipeline.ts';
import type { Origin } from './values/origin.ts';

/** The `images:` of a file: what stands for an image of a pipeline, e.g. for `stages/train/mlx`. */
export interface ImagesFile {
  readonly reader: FileReader;
  readonly kind: 'project' | 'user' | 'profile';
  readonly node: Node | undefined;
}

/** A reference with a tag or a digest: no white space, no upper-case repository. */
const REFERENCE = /^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$/;

/**
 * By the last file that says so. A profile may name images of its own pipeline only; other files serve several. They
 * count on a cluster: the local target runs what is in the folder.
 */
export function readImages(
  pipeline: LoadedPipeline,
  files: readonly ImagesFile[],
  { target, origins }: { readonly target: 'local' | 'kubernetes'; readonly origins: Map<string, Origin> },
): Readonly<Record<string, string>> {
  const known = new Set(
    pipeline.pipeline.stages.flatMap((stage) => Object.values(stage.engines).map((engine) => engine.image)),
  );
  const images: Record<string, string> = {};
  for (const { reader, kind, node } of files) {
    for (const { name, key, value } of reader.entries(node, '`images`')) {
      const reference = reader.text(value, `\`images.${name}\``);
      if (kind === 'profile' && !known.has(name)) {
        reader.report(key, `no engine has an image \`${name}\``, nameHint(name, known));
      } else if (reference !== undefined && !REFERENCE.test(reference)) {
        reader.report(
          value,
          `\`${reference}\` is no image reference`,
          'for example `host/name:tag` or `host/name@sha256:...`',
        );
      } else if (reference !== undefined && known.has(name) && target === 'kubernetes') {
        images[name] = reference;
        origins.set(`images.${name}`, { kind, ...reader.place(value) });
      }
    }
  }
  return images;
}
