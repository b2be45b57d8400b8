import { readlinkSync } from 'node:fs';
import * as z from 'zod';
import { identityOf, isAlive } from '../../machine/process-identity.ts';

/** The process that drives, and what it knows of others of its machine. */
export interface HolderProcess {
  readonly host: string;
  readonly pid: number;
  /** Names this process among all of all machines. */
  readonly mark: string;
  /** True when `mark` names a process of this machine that is gone; false for any other, and when nobody can know. */
  isDead(mark: string): boolean;
}

const markSchema = z.object({ host: z.string(), namespace: z.string(), pid: z.int(), start: z.string() });
type Mark = z.infer<typeof markSchema>;

/** The process that calls it. `host` is its machine's name. */
export function thisProcess(host: string, pid: number): HolderProcess {
  const namespace = pidNamespace();
  const own: Mark = { host, namespace, pid, start: identityOf(pid)?.start ?? '' };
  return {
    host,
    pid,
    mark: JSON.stringify(own),
    isDead: (text) => {
      const mark = parseMark(text);
      return mark !== undefined && isVisible(own, mark) && !isAlive(mark);
    },
  };
}

/**
 * A container has process numbers of its own, also where it shares the kernel (kind, Microshift): only a process of the
 * same boot and the same namespace can be looked up here.
 */
function isVisible(own: Mark, other: Mark): boolean {
  return own.host === other.host && own.namespace === other.namespace && bootOf(own) === bootOf(other);
}

/** What `start` begins with where the system tells the boot; empty elsewhere. */
function bootOf({ start }: Mark): string {
  return start.includes('/') ? start.slice(0, start.indexOf('/')) : '';
}

function parseMark(text: string): Mark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Empty where processes have no namespaces. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
