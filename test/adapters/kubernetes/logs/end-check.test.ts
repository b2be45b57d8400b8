import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followAttemptLogs } from '../../../../src/adapters/kubernetes/logs/follow-attempt-logs.ts';
import { FollowSlots } from '../../../../src/adapters/kubernetes/logs/follow-slots.ts';
import { readAttemptLogs } from '../../../../src/adapters/kubernetes/logs/read-attempt-logs.ts';
import { linesOf } from '../../../fakes/lines-of.ts';
import { FakeKubelet, line, QUICK } from './fake-kubelet.ts';

const never = new AbortController().signal;

let root: string;
let kubelet: FakeKubelet;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ilab-logs-'));
  kubelet = new FakeKubelet();
});
afterEach(() => rmSync(root, { recursive: true }));

function write(...lines: readonly Buffer[]): void {
  kubelet.container('pod').write(...lines);
}

/** What is stored of the container once it has ended. */
async function texts(): Promise<readonly string[]> {
  kubelet.end();
  const states = kubelet.states();
  await followAttemptLogs({ api: kubelet, folder: root, states, slots: new FollowSlots(), timing: QUICK }, never);
  const found: string[] = [];
  for await (const { text } of linesOf(readAttemptLogs(root, { follow: false }, never))) found.push(text);
  return found;
}

describe('the log of a container that has ended', () => {
  /** 3000 lines within the last second. */
  const expected = Array.from({ length: 3000 }, (_, nth) => `line ${nth}`);
  const burst = expected.map((text) => line(0, text));
  const whole = ({ tailLines }: { tailLines?: number }): boolean => tailLines === undefined;

  test('is read once: its last lines tell that it is whole', async () => {
    write(...burst);
    expect(await texts()).toEqual(expected);
    expect(kubelet.asked.map(({ tailLines }) => tailLines)).toEqual([undefined, 11]);
  });

  test('is read again where the first time was cut short without a word', async () => {
    write(...burst);
    kubelet.faults.push({ cutAt: 100_000, isClean: true });
    expect(await texts()).toEqual(expected);
    expect(kubelet.asked.filter(whole)).toHaveLength(2);
  });

  test('is read again where its last lines are all the same: how many there are, they do not tell', async () => {
    write(...burst, ...Array.from({ length: 20 }, () => line(0, 'again')));
    // Between two of the same.
    const sent = kubelet.container('pod').lines.slice(0, 3012);
    const cutAt = sent.reduce((sum, { length }) => sum + length, 0);
    // The first connection is left where the second one of them comes: it may be the file from its beginning.
    kubelet.faults.push({ cutAt, isClean: true }, { cutAt, isClean: true });
    expect((await texts()).filter((text) => text === 'again')).toHaveLength(20);
  });

  test('keeps its end without a line end', async () => {
    write(...burst, line(0, 'no end', ''));
    expect(await texts()).toEqual([...expected, 'no end']);
    expect(kubelet.asked.filter(whole)).toHaveLength(1);
  });

  test('has its secrets masked where it is compared, too', async () => {
    write(...burst, line(0, 'token hf_abcdefghijklmnop'));
    expect((await texts()).at(-1)).toBe('token hf_***');
    expect(kubelet.asked.filter(whole)).toHaveLength(1);
  });
});
