import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Changes } from '../../../../src/adapters/kubernetes/logs/changes.ts';
import { FollowSlots } from '../../../../src/adapters/kubernetes/logs/follow-slots.ts';
import { InstanceFollower } from '../../../../src/adapters/kubernetes/logs/instance-follower.ts';
import { InstanceLog } from '../../../../src/adapters/kubernetes/logs/instance-log.ts';
import { LineMask } from '../../../../src/adapters/kubernetes/logs/lines/line-mask.ts';
import { until } from '../../../fakes/until.ts';
import { FakeKubelet, line, QUICK } from './fake-kubelet.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ilab-logs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A follower that has read one line on a connection that goes on. */
async function following(kubelet: FakeKubelet) {
  const stop = new AbortController();
  const { signal } = stop;
  const log = await InstanceLog.open(join(root, 'main.0.log'), { mask: new LineMask(), signal });
  const container = kubelet.container('pod');
  if (container.lines.length === 0) container.write(line(1));
  container.state = { ...container.state, kind: 'running' };
  const view = {
    ...{ pod: 'pod', container: 'main', restart: 0, node: 'n', changes: new Changes() },
    state: () => container.state as { kind: 'running' | 'ended' },
    startedAt: () => undefined,
  };
  const slots = new FollowSlots();
  const timing = { ...QUICK, checkAtLeast: Number.POSITIVE_INFINITY };
  const follower = new InstanceFollower({
    ...{ api: kubelet, log, view, slots, timing },
    isLate: false,
    onNotice: () => undefined,
  });
  const ended = follower.run(signal);
  await until(() => log.high !== undefined);
  const text = (): string => readFileSync(log.path, 'utf8');
  const wrote = async (...nths: readonly number[]): Promise<void> => {
    container.write(...nths.map((nth) => line(nth)));
    await until(() => {
      kubelet.tell();
      return text().includes(`line ${nths.at(-1)}\n`);
    });
  };
  const end = async (): Promise<string> => {
    container.state = { ...container.state, kind: 'ended' };
    kubelet.tell();
    view.changes.tell();
    await ended;
    log.close();
    return text();
  };
  const kill = async (): Promise<void> => {
    stop.abort();
    await ended.catch(() => undefined);
    log.close();
  };
  /** The question where the newest file begins, when there is anything to prove by it. */
  const asked = async (): Promise<void> => {
    timing.checkAtLeast = 0;
    follower.tick(signal);
    timing.checkAtLeast = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return { container, end, kill, text, wrote, asked };
}

/** The marks of a log, by the hundredths of a second that they name. */
function marks(text: string): readonly string[] {
  return [...text.matchAll(/missing: (.*)\]/g)].map(([, words = '']) =>
    words.replaceAll(/2026\S+T00:00:00\.(\d\d)\d+Z/g, '$1'),
  );
}

describe('a file that was rotated on a connection that goes on', () => {
  test('is a place where lines may be missing, also when all seem to be there', async () => {
    const kubelet = new FakeKubelet();
    const { container, end, wrote, asked } = await following(kubelet);
    await wrote(2, 3);
    await asked();
    await wrote(4, 5);
    container.base = 3; // the file now begins with line 4
    await asked();
    await wrote(6);
    expect(marks(await end())).toEqual(['lines between 03 and 05']);
  });

  test('has its mark before the first line that comes of it, when it is known before', async () => {
    const kubelet = new FakeKubelet();
    const { container, end, wrote, asked } = await following(kubelet);
    await wrote(2); // the first question
    await wrote(3);
    container.write(line(4), line(5));
    container.base = 4; // the connection will not send line 4
    await asked();
    await wrote(6);
    const text = await end();
    expect(marks(text)).toEqual(['lines between 02 and 05']);
    expect(text).toMatch(/missing: .*\]\n\S+ output F line 5\n\S+ output F line 6\n$/);
  });

  test('is no such place when it was not', async () => {
    const kubelet = new FakeKubelet();
    const { end, wrote, asked } = await following(kubelet);
    await wrote(2, 3);
    await asked();
    await wrote(4);
    expect(marks(await end())).toEqual([]);
  });

  test('and holds no line at the end of the container leaves a mark', async () => {
    const kubelet = new FakeKubelet();
    const { container, end, wrote } = await following(kubelet);
    await wrote(2);
    container.base = container.lines.length;
    expect(marks(await end())).toEqual(['lines after 02']);
  });

  test('is not suspected by whoever goes on after a death: what was proven stays so', async () => {
    const kubelet = new FakeKubelet();
    const first = await following(kubelet);
    await first.wrote(2, 3, 4);
    await first.asked();
    await first.wrote(5);
    await first.kill();
    const proven = readFileSync(join(root, 'main.0.proven'), 'utf8');
    expect(proven).toMatch(/^\S+\.040000001Z \S+\.010000001Z\n$/);
    const second = await following(kubelet);
    const text = await second.end();
    expect(text.match(/line \d/g)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
    expect(marks(text)).toEqual([]);
    expect(kubelet.heads).toBeGreaterThan(1);
    expect(readdirSync(root)).not.toContain('main.0.proven');
  });

  test('is found by whoever goes on after a death', async () => {
    const kubelet = new FakeKubelet();
    const first = await following(kubelet);
    await first.wrote(2, 3);
    await first.asked();
    await first.wrote(4, 5);
    await first.kill();
    first.container.base = 3;
    const second = await following(kubelet);
    await second.wrote(6);
    expect(marks(await second.end())).toEqual([expect.stringMatching(/^lines between 03 and 0[56]$/)]);
  });

  test('in the middle of a line doubles none of its pieces', async () => {
    const kubelet = new FakeKubelet();
    const { container, end, wrote } = await following(kubelet);
    // The connection reads over the end of the old file: the second piece comes without its stamp.
    container.write(line(2, 'abcdef'), line(4));
    await wrote(5);
    container.lines.splice(1, 1, line(2, 'abc', ''), line(3, 'def'));
    container.base = 2;
    const text = await end();
    expect([...text.matchAll(/ F (.*)/g)].map(([, words]) => words)).toEqual(['line 1', 'abcdef', 'line 4', 'line 5']);
  });
});
