import { execFileSync } from 'node:child_process';

/** Somebody whose settings are nobody's; nothing is tidied up after a commit. */
const ADA = [
  ...['-c', 'user.name=ada', '-c', 'user.email=ada@example.org'],
  ...['-c', 'maintenance.auto=false', '-c', 'gc.auto=0'],
];

/** What git says to one command in a folder. */
export function gitIn(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...ADA, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** What a shell says to several commands in a folder, where `ada` is git; the first that fails ends them. */
export function gitScriptIn(folder: string, script: string, ...args: readonly string[]): string {
  const ada = `ada() { git ${ADA.join(' ')} "$@"; }`;
  const words = ['-ec', `${ada}\n${script}`, 'sh', ...args];
  return execFileSync('sh', words, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
}
