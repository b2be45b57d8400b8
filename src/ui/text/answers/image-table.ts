import type { BuiltImage, ListedImage } from '../../../domain/image/image-event.ts';
import { digestOf, PROGRAM_IMAGE } from '../../../domain/image/image-name.ts';
import { formatBytes } from '../format.ts';
import { oneLine } from '../sanitize.ts';
import { table } from '../table.ts';
import type { DocumentOptions } from './status-text.ts';

/** What `images build` made. No newline at the end. */
export function builtTable(images: readonly BuiltImage[], options: DocumentOptions = {}): string {
  const rows = images.map(({ image, reference, state, bytes }) => [
    oneLine(image, options),
    state,
    size(bytes),
    oneLine(reference, options),
  ]);
  return table(['IMAGE', 'STATE', 'SIZE', 'REFERENCE'], rows, options);
}

/** What this machine knows of the images. No newline at the end. */
export function listedTable(images: readonly ListedImage[], options: DocumentOptions = {}): string {
  const rows = images.map(({ image, stages, reference, state, bytes, origin, pushed, loaded }) => [
    stages.length === 0 ? '-' : stages.join(', '),
    oneLine(image, options),
    STATES[state],
    size(bytes ?? 0),
    oneLine(reference, options),
    oneLine([...(origin === undefined ? [] : [`by ${origin}`]), ...pushed, ...loaded].join(', ') || '-', options),
  ]);
  return table(['STAGE', 'IMAGE', 'STATE', 'SIZE', 'REFERENCE', 'WHERE'], rows, options);
}

const STATES = {
  built: 'built',
  loaded: 'loaded',
  pushed: 'pushed',
  'not-built': 'not built',
  foreign: 'not ours',
  absent: 'no folder',
} as const satisfies Record<ListedImage['state'], string>;

/** What other machines need to use the same images: lines for a project file. */
export function pinLines(images: readonly BuiltImage[]): string {
  const pinned = images.filter(({ image, reference }) => image !== PROGRAM_IMAGE && digestOf(reference) !== undefined);
  const lines = pinned.map(({ image, reference }) => `  ${image}: ${reference}`);
  return ['For other machines, in ilab-backend.yaml:', 'images:', ...lines].join('\n');
}

function size(bytes: number): string {
  return bytes === 0 ? '-' : formatBytes(bytes);
}
