import { closeSync, readdirSync, readFileSync } from 'node:fs';

const CLOSED_ON_EXEC = 0o2000000;
const FIRST_AFTER_STDIO = 3;

/**
 * Closes what the caller's own caller left open for everybody: a pipe held here would keep somebody waiting for its end
 * as long as a stage runs. Files of Node's own are closed on exec and stay. Where the system does not tell, nothing is done.
 */
export function closeInherited(): void {
  for (const name of listOpen()) {
    const file = Number(name);
    if (file >= FIRST_AFTER_STDIO && !isClosedOnExec(name)) {
      try {
        closeSync(file);
      } catch {
        // it was the folder that was just listed
      }
    }
  }
}

function listOpen(): readonly string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
}

function isClosedOnExec(name: string): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & CLOSED_ON_EXEC) !== 0;
  } catch {
    return true;
  }
}
