import { unreachable } from '../../../domain/errors.ts';
import type { ImageEvent } from '../../../domain/image/image-event.ts';
import { shortImageName } from '../../../domain/image/image-name.ts';
import { oneLine, type TextOptions } from '../sanitize.ts';

/** One line an event; what the engine prints stands behind a bar. */
export function imageLine(event: ImageEvent, options: TextOptions = {}): string {
  const name = oneLine(shortImageName(event.image), options);
  switch (event.kind) {
    case 'skipped':
      return `${name}: not built: ${oneLine(event.reason, options)}`;
    case 'started':
      return `${name}: ${WORK[event.what]} ${oneLine(event.to, options)}`;
    case 'output':
      return `${name} | ${oneLine(event.line, options)}`;
    case 'done':
      return `${name}: ${event.result.state === 'built' ? 'built' : 'is there'}: ${oneLine(event.result.reference, options)}`;
    default:
      return unreachable(event);
  }
}

const WORK = {
  build: 'building with',
  push: 'pushing to',
  load: 'loading into',
} as const;
