import { execa } from 'execa';
import { UserError } from '../../domain/errors.ts';

/** What opens a file on each kind of desktop. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [program: string, ...first: readonly string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
};

/**
 * Opens a file with what its kind is opened with, and waits until that has taken it. Never in CI. Throws `cannot-start` where there is no
 * desktop, or nothing that opens files on it.
 */
export async function openOnDesktop(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Promise<void> {
  const opener = OPENERS[platform];
  if (isSet(env['CI'])) throw noDesktop(file, 'this is CI ($CI is set)');
  if (opener === undefined) throw noDesktop(file, `nothing is known that opens files on ${platform}`);
  if (platform === 'linux' && !isSet(env['DISPLAY']) && !isSet(env['WAYLAND_DISPLAY'])) {
    throw noDesktop(file, 'there is no desktop here (neither $DISPLAY nor $WAYLAND_DISPLAY is set)');
  }
  const [program, ...first] = opener;
  const { failed, exitCode, code } = await execa(program, [...first, file], {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', reject: false, timeout: 10_000 },
  });
  if (!failed) return;
  throw noDesktop(file, code === 'ENOENT' ? `there is no ${program}` : `${program} ended with exit code ${exitCode}`);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function noDesktop(file: string, why: string): UserError {
  return new UserError('cannot-start', `${file} was not opened: ${why}`, { hint: 'open it in a browser yourself' });
}
