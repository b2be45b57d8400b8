import { parseProgress } from '../domain/training/own-line.ts';
import { progressPhrase } from '../ui/text/phrases.ts';
import { type SanitizeOptions, sanitize } from '../ui/text/sanitize.ts';

/** A log line for a person's terminal: what a stage says of its progress in words, the rest without what would move the cursor. */
export function logText(text: string, options: SanitizeOptions): string {
  const progress = parseProgress(text);
  return progress === undefined ? sanitize(text, options) : `progress: ${progressPhrase(progress, options)}`;
}
