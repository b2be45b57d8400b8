import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createDurably, readIfThere } from '../files/durable-file.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../machine/process-identity.ts';
import { type AttemptFolder, generationOf } from './attempt-folder.ts';

/** Who supervises an attempt: `supervisor.<generation>.json`, written once. */
export interface Claim {
  readonly version: 1;
  /** Counts from 1: the next one begins when the process of this one has died. */
  readonly generation: number;
  readonly process: ProcessIdentity;
  /** The identity of the attempt; made by the first generation, kept by all. */
  readonly uid: string;
  readonly key: string;
  /** When the first generation began, RFC 3339: what the time limits count from. */
  readonly startedAt: string;
}

/** The newest claim; undefined when nobody has ever taken the attempt. */
export function readClaim(folder: AttemptFolder): Claim | undefined {
  const generations = filesOf(folder).map((name) => generationOf(name) ?? 0);
  const newest = Math.max(0, ...generations);
  if (newest === 0) return undefined;
  const text = readIfThere(folder.claim(newest));
  // Claims go with their folder only: it was removed between the two looks.
  return text === undefined ? undefined : (JSON.parse(text) as Claim);
}

/** Takes the attempt for this process; undefined when a living one has it. */
export function takeClaim(folder: AttemptFolder, key: string): Claim | undefined {
  for (;;) {
    const last = readClaim(folder);
    if (last !== undefined && isAlive(last.process)) return undefined;
    const self = identityOf(process.pid);
    if (self === undefined) throw new Error('this process cannot see itself');
    const claim: Claim = {
      version: 1,
      generation: (last?.generation ?? 0) + 1,
      process: self,
      uid: last?.uid ?? randomUUID(),
      key,
      startedAt: last?.startedAt ?? new Date().toISOString(),
    };
    if (createDurably(folder.claim(claim.generation), `${JSON.stringify(claim)}\n`)) return claim;
  }
}

function filesOf(folder: AttemptFolder): readonly string[] {
  try {
    return readdirSync(folder.root);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
