import { execFileSync } from 'node:child_process';

/** Why the sweep cannot run here; undefined when it can. */
export function whyNoStrace(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', '--detach-on=execve', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `strace does not work here: ${(error as Error).message.split('\n')[0]}`;
  }
}
