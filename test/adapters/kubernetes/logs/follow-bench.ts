import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FollowAttemptOptions,
  followAttemptLogs,
  type LogTrouble,
} from '../../../../src/adapters/kubernetes/logs/follow-attempt-logs.ts';
import { FollowSlots } from '../../../../src/adapters/kubernetes/logs/follow-slots.ts';
import { readAttemptLogs } from '../../../../src/adapters/kubernetes/logs/read-attempt-logs.ts';
import type { LogLine, LogOptions } from '../../../../src/ports/target.ts';
import { linesOf } from '../../../fakes/lines-of.ts';
import { FakeKubelet, QUICK } from './fake-kubelet.ts';

export const never = new AbortController().signal;

/** A folder for the logs of one attempt, and a kubelet that has them. */
export class FollowBench {
  readonly root = mkdtempSync(join(tmpdir(), 'ilab-logs-'));
  /** A test that tries many faults takes a new one for each. */
  kubelet = new FakeKubelet();
  readonly troubles: LogTrouble[] = [];

  leave(): void {
    rmSync(this.root, { recursive: true });
  }

  follow(options: Partial<FollowAttemptOptions> = {}, signal: AbortSignal = never): Promise<void> {
    const { kubelet, root } = this;
    const onTrouble = (trouble: LogTrouble): void => void this.troubles.push(trouble);
    const states = kubelet.states();
    const slots = new FollowSlots();
    return followAttemptLogs(
      { api: kubelet, folder: root, states, slots, timing: QUICK, onTrouble, ...options },
      signal,
    );
  }

  /** What is stored. */
  read(options: Partial<LogOptions> = {}): Promise<readonly LogLine[]> {
    return all(linesOf(readAttemptLogs(this.root, { follow: false, ...options }, never)));
  }

  async texts(options: Partial<LogOptions> = {}): Promise<readonly string[]> {
    return (await this.read(options)).map(({ text }) => text);
  }

  /** A running container, first seen while it waited. */
  start(pod = 'pod', name = 'main') {
    const container = this.kubelet.container(pod, name);
    this.kubelet.tell();
    container.state = { ...container.state, kind: 'running', startedAt: '2026-01-01T00:00:00Z' };
    return container;
  }

  /** Resolves when the stored log holds the text. */
  async stored(text: string): Promise<void> {
    const lines = linesOf(readAttemptLogs(this.root, { follow: true }, never));
    for await (const found of lines) if (found.text === text) return;
  }
}

export async function all(lines: AsyncIterable<LogLine>): Promise<readonly LogLine[]> {
  const found: LogLine[] = [];
  for await (const one of lines) found.push(one);
  return found;
}
