import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * False while another group of processes has the terminal (`run &`, a shell after Ctrl-Z): whoever changes the terminal's
 * mode then, or reads its keys, is stopped by the kernel. True where there is no terminal that could be somebody else's.
 */
export function isForeground(pid: number): boolean {
  const groups = process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  return groups === undefined || groups.terminal <= 0 || groups.own === groups.terminal;
}

interface Groups {
  readonly own: number;
  /** That has the terminal; 0 or less = there is none. */
  readonly terminal: number;
}

function fromProc(pid: number): Groups | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in brackets and may hold any character.
    const [, , own, , , terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { own: Number(own), terminal: Number(terminal) };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): Groups | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'pgid=', '-o', 'tpgid=', '-p', String(pid)], { encoding: 'utf8' });
  const [own, terminal] = (stdout ?? '').trim().split(/\s+/).map(Number);
  return status === 0 && own !== undefined && terminal !== undefined ? { own, terminal } : undefined;
}
