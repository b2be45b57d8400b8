import { appendFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeFault } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { AttemptLogFolder } from '../../../../src/adapters/kubernetes/logs/attempt-log-folder.ts';
import { readAttemptLogs } from '../../../../src/adapters/kubernetes/logs/read-attempt-logs.ts';
import { linesOf } from '../../../fakes/lines-of.ts';
import { until } from '../../../fakes/until.ts';
import { FakeKubelet, line } from './fake-kubelet.ts';
import { all, FollowBench, never } from './follow-bench.ts';

let bench: FollowBench;
beforeEach(() => {
  bench = new FollowBench();
});
afterEach(() => bench.leave());

describe('a connection that is cut', () => {
  const three = [line(1), line(2, 'with \r and \0'), line(3)];
  const bytes = three.reduce((sum, { length }) => sum + length, 0);
  const first = line(1).length;

  test.each([{ isClean: false }, { isClean: true }])('at any byte loses and doubles nothing: $isClean', async (how) => {
    for (let cutAt = first - 1; cutAt <= bytes - first + 1; cutAt += 1) {
      bench.kubelet = new FakeKubelet();
      const folder = join(bench.root, String(cutAt));
      const container = bench.start();
      container.write(...three);
      bench.kubelet.faults.push({ cutAt, ...how }, { cutAt: Math.min(bytes, cutAt + 7), chunk: 1 }, { cutAt: 31 });
      bench.kubelet.tell();
      const done = bench.follow({ folder });
      await until(() => bench.kubelet.asked.length > 2);
      bench.kubelet.end();
      await done;
      const found = await all(linesOf(readAttemptLogs(folder, { follow: false }, never)));
      expect({ cutAt, texts: found.map(({ text }) => text) }).toEqual({
        cutAt,
        texts: ['line 1', 'with \r and \0', 'line 3'],
      });
    }
    expect(bench.troubles).toEqual([]);
  });

  test('whose file was rotated meanwhile leaves a mark', async () => {
    const container = bench.start();
    container.write(line(1), line(2));
    bench.kubelet.faults.push({ isClean: true });
    // A connection that is open meanwhile passes over the rotated lines in silence, and the mark comes behind them.
    bench.kubelet.lasting = { refuse: new KubeFault('server', 'busy', { request: 'get log' }) };
    bench.kubelet.tell();
    const done = bench.follow();
    await bench.stored('line 2');
    container.write(line(3), line(4), line(5));
    container.base = 4;
    bench.kubelet.lasting = {};
    bench.kubelet.end();
    await done;
    const mark =
      '[some output may be missing: lines between 2026-01-01T00:00:00.020000001Z and 2026-01-01T00:00:00.050000001Z]';
    expect(await bench.texts()).toEqual(['line 1', 'line 2', mark, 'line 5']);
    expect((await bench.read())[2]).toMatchObject({ marker: true });
    expect(bench.troubles).toEqual([{ kind: 'mark', pod: 'pod', container: 'main', text: mark }]);
  });
});

describe('the bytes of a line', () => {
  test('are kept whatever they are', async () => {
    const long = Buffer.alloc(10 * 1024 * 1024, 'abc def ');
    const odd = Buffer.from([0xff, 0x00, 0x1b, 0x5b, 0x0d, 0xef, 0xbb, 0xbf]);
    const container = bench.start();
    const all = [line(1, odd), line(2, long), line(3, '2026-01-01T09:00:00.000000000Z forged'), line(4, 'no end', '')];
    container.write(...all);
    bench.kubelet.faults.push({ cutAt: 6 * 1024 * 1024 }, { chunk: 1000 });
    bench.kubelet.tell();
    const done = bench.follow();
    await bench.stored('2026-01-01T09:00:00.000000000Z forged');
    bench.kubelet.end();
    await done;
    const found = await bench.read();
    expect(found.map(({ text }) => text.length)).toEqual([6, long.length, 37, 6]);
    expect(found[1]?.text === long.toString()).toBe(true);
    expect(found.at(-1)).toMatchObject({ text: 'no end', container: 'main' });
    const file = readFileSync(new AttemptLogFolder(bench.root).log({ uid: 'uid-pod' }, 'main', 0));
    expect(file.includes(odd)).toBe(true);
    expect(bench.troubles).toEqual([]);
  });

  test('are masked where they look like a token or are known, however they come', async () => {
    const container = bench.start();
    container.write(line(1, 'token hf_abcdefghijklmnop'), line(2, 'pass hunter2hunter2'), line(3));
    bench.kubelet.faults.push({ chunk: 3, cutAt: 90 }, { chunk: 5 });
    bench.kubelet.tell();
    const done = bench.follow({ secrets: ['hunter2hunter2'] });
    await bench.stored('line 3');
    bench.kubelet.end();
    await done;
    expect(await bench.texts()).toEqual(['token hf_***', 'pass ***', 'line 3']);
  });

  test('of the kubelet are never stored, and told once', async () => {
    const container = bench.start();
    container.write(line(1));
    const says = 'failed to create fsnotify watcher: too many open files';
    bench.kubelet.faults.push({ says }, { says }, { says: `${says}\n` });
    bench.kubelet.tell();
    const done = bench.follow();
    await until(() => bench.kubelet.asked.length > 3);
    container.write(line(2));
    bench.kubelet.end();
    await done;
    expect(await bench.texts()).toEqual(['line 1', 'line 2']);
    expect(bench.troubles).toEqual([{ kind: 'notice', pod: 'pod', container: 'main', text: says }]);
  });
});

describe('the clock of a node', () => {
  test('in another zone is stored as UTC', async () => {
    const container = bench.start();
    const stamps = ['2026-01-01T01:59:59.900000001', '2026-01-01T01:59:59.900000002', '2026-01-01T02:00:00.000000003'];
    container.write(...stamps.map((stamp, nth) => `${stamp}+02:00 line ${nth}\n`));
    bench.kubelet.end();
    await bench.follow();
    expect((await bench.read()).map(({ time, text }) => `${time} ${text}`)).toEqual([
      '2025-12-31T23:59:59.900000001Z line 0',
      '2025-12-31T23:59:59.900000002Z line 1',
      '2026-01-01T00:00:00.000000003Z line 2',
    ]);
  });

  test('that is set back by an hour loses and doubles nothing', async () => {
    const container = bench.start();
    container.write(line(400_000), line(400_001), line(100), line(101));
    bench.kubelet.tell();
    const done = bench.follow();
    await bench.stored('line 101');
    container.write(line(102));
    bench.kubelet.end();
    await done;
    const file = readFileSync(new AttemptLogFolder(bench.root).log({ uid: 'uid-pod' }, 'main', 0), 'utf8');
    expect(file.match(/line \d+/g)).toEqual(['line 400000', 'line 400001', 'line 100', 'line 101', 'line 102']);
  });
});

describe('a disk that takes no more', () => {
  const storageFailed = { code: 'storage-failed', message: expect.stringMatching(/\((ENOSPC|EACCES|EPERM|EROFS)\)$/) };

  test('is told by name when a log is opened', async () => {
    bench.start();
    symlinkSync('/sys/kernel', join(bench.root, 'uid-pod'));
    bench.kubelet.tell();
    await expect(bench.follow()).rejects.toMatchObject(storageFailed);
  });

  test('is told by name when the logs are complete', async () => {
    bench.start().write(line(1));
    symlinkSync('/sys/kernel/ilab-logs', join(bench.root, `complete.${process.pid}.tmp`));
    bench.kubelet.end();
    await expect(bench.follow()).rejects.toMatchObject(storageFailed);
    expect(new AttemptLogFolder(bench.root).isComplete()).toBe(false);
  });

  test('is told by name before anything is followed', async () => {
    await expect(bench.follow({ folder: '/sys/kernel/ilab-logs' })).rejects.toMatchObject(storageFailed);
  });
});

describe('a container that is started again', () => {
  test('has its earlier run read to the end, and the boundary shown', async () => {
    const container = bench.start('pod', 'teacher');
    container.write(line(1));
    bench.kubelet.tell();
    const done = bench.follow();
    await bench.stored('line 1');
    container.previous = [line(1), line(2, 'last words', '')];
    container.lines.splice(0, 1, line(300, 'again'));
    container.state = { name: 'teacher', restart: 1, kind: 'running', startedAt: '2026-01-01T00:00:03Z' };
    bench.kubelet.tell();
    await bench.stored('again');
    bench.kubelet.end();
    await done;
    expect(await bench.texts()).toEqual(['line 1', 'last words', '[the container was started again: run 2]', 'again']);
  });
});

describe('a log that is first read late', () => {
  test.each([
    { nth: 190, texts: ['line 190'] },
    {
      nth: 500,
      texts: [
        '[some output may be missing: the log was first read after the start at 2026-01-01T00:00:00Z]',
        'line 500',
      ],
    },
  ])('says so when its beginning may be gone: $texts', async ({ nth, texts: expected }) => {
    const container = bench.kubelet.container('pod');
    container.state = { name: 'main', restart: 0, kind: 'ended', startedAt: '2026-01-01T00:00:00Z' };
    container.write(line(nth));
    bench.kubelet.tell(true);
    await bench.follow();
    expect(await bench.texts()).toEqual(expected);
  });
});

describe('many containers', () => {
  test('are all read, with at most eight streams from one node', async () => {
    const names = Array.from({ length: 30 }, (_, nth) => `pod-${nth}`);
    for (const name of names) bench.start(name).write(line(1, name));
    bench.kubelet.tell();
    const done = bench.follow();
    await until(() => bench.kubelet.asked.filter(({ follow }) => !follow).length > 40);
    for (const name of names) bench.kubelet.container(name).write(line(2, `${name} again`));
    bench.kubelet.end();
    await done;
    expect(new Set(await bench.texts())).toEqual(new Set(names.flatMap((name) => [name, `${name} again`])));
    expect(bench.kubelet.mostOpen).toBe(8);
  });

  test('are shown by name, and merged by time', async () => {
    bench.start('pod', 'first').write(line(1, 'a'), line(4, 'd'));
    bench.start('pod', 'main').write(line(2, 'b'), line(3, 'c'), line(5, 'e'));
    bench.kubelet.tell();
    bench.kubelet.end();
    await bench.follow();
    expect(await bench.texts()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await bench.texts({ container: 'first' })).toEqual(['a', 'd']);
    expect(await bench.texts({ tail: 1 })).toEqual(['d', 'e']);
    expect(await bench.texts({ since: '2026-01-01T00:00:00.040Z' })).toEqual(['d', 'e']);
  });
});

describe('two who follow the same attempt', () => {
  test('write its log once, and the second goes on where the first died', async () => {
    const container = bench.start();
    container.write(line(1), line(2));
    bench.kubelet.tell();
    const first = new AbortController();
    const one = bench.follow({}, first.signal).catch((error: unknown) => error);
    await bench.stored('line 2');
    const other = new FakeKubelet();
    other.containers.set('pod/main', container);
    other.tell();
    const two = bench.follow({ api: other, states: other.states() });
    await until(() => bench.kubelet.asked.length > 0);
    expect(other.asked).toEqual([]);
    first.abort();
    await one;
    container.write(line(3));
    other.end();
    await two;
    expect(await bench.texts()).toEqual(['line 1', 'line 2', 'line 3']);
    // Whoever comes now has nothing to do.
    await bench.follow();
  });

  test('a torn line at the end of the file is written anew', async () => {
    const path = new AttemptLogFolder(bench.root).log({ uid: 'uid-pod' }, 'main', 0);
    mkdirSync(dirname(path), { recursive: true });
    const head = (nth: number) => line(nth, `output F line ${nth}`);
    appendFileSync(path, Buffer.concat([head(1), head(2), head(3).subarray(0, 45)]));
    const container = bench.kubelet.container('pod');
    container.write(line(1), line(2), line(3));
    container.state = { ...container.state, kind: 'ended' };
    bench.kubelet.tell(true);
    await bench.follow();
    expect(await bench.texts()).toEqual(['line 1', 'line 2', 'line 3']);
  });
});
