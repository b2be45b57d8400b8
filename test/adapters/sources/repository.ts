import { execFileSync } from 'node:child_process';

/** What git says to one command in a folder, as somebody whose settings are nobody's. */
export function gitIn(folder: string, ...args: readonly string[]): string {
  const person = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org'];
  return execFileSync('git', ['-C', folder, ...person, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}
