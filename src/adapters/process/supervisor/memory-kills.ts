import { readFileSync } from 'node:fs';

/** How many processes the kernel has killed for want of memory since the machine started; undefined where it does not say. */
export function memoryKills(): number | undefined {
  try {
    return parseMemoryKills(readFileSync('/proc/vmstat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** From the text of /proc/vmstat. */
export function parseMemoryKills(text: string): number | undefined {
  const [, count] = /^oom_kill (\d+)$/m.exec(text) ?? [];
  return count === undefined ? undefined : Number(count);
}
