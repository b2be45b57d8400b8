import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseTrace, type Trace } from './calls.ts';

const PATIENCE_MS = 5000;

/** The log of a traced process that has ended or is about to; undefined when it made none of the traced calls. */
export async function readTrace(log: string): Promise<Trace | undefined> {
  const limit = performance.now() + PATIENCE_MS;
  for (;;) {
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    const trace = parseTrace(text);
    // strace runs apart, so its last line may come after the end of what it traced.
    if (text === '' || trace.isComplete || performance.now() > limit) return text === '' ? undefined : trace;
    await delay(20);
  }
}
