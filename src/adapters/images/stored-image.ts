import * as z from 'zod';
import type { StoredImage } from '../../ports/image-builder.ts';

/** buildah prints sizes for people only. */
const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

const images = z.array(
  z.union([
    z.object({ Id: z.string(), Size: z.number() }).transform(({ Id, Size }) => ({ id: Id, bytes: Size })),
    z.object({ id: z.string(), size: z.string() }).transform(({ id, size }) => ({ id, bytes: parseSize(size) })),
  ]),
);

/** The first image of `image inspect` (podman, docker) or of `images --json` (buildah). */
export function parseStoredImage(text: string): StoredImage | undefined {
  const parsed = images.safeParse(JSON.parse(text === '' ? '[]' : text));
  if (!parsed.success) throw new Error('the engine describes its images in a way this program does not know');
  const [first] = parsed.data;
  return first === undefined ? undefined : { ...first, id: first.id.replace(/^sha256:/, '') };
}

/** `277 MB` -> 277000000; 0 when it is no size. */
function parseSize(text: string): number {
  const [, figure, unit] = /^([\d.]+)\s*([KMGT]?B)$/i.exec(text) ?? [];
  return Math.round(Number(figure ?? 0) * (UNITS[unit?.toUpperCase() ?? ''] ?? 0));
}
