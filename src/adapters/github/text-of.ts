import { UserError } from '../../domain/errors.ts';

/** The text of a file as the host sends it. Throws `bad-input` where it is none. */
export function textOf(base64: string, path: string, repo: string): string {
  try {
    // What begins with a byte order mark keeps it: the file is written back.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    throw new UserError('bad-input', `${path} of ${repo} is no text in UTF-8`, { hint: 'name another path' });
  }
}
