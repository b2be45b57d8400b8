import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KubeFault } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { AttemptLogFolder } from '../../../../src/adapters/kubernetes/logs/attempt-log-folder.ts';
import { until } from '../../../fakes/until.ts';
import { FakeKubelet, line, QUICK } from './fake-kubelet.ts';
import { FollowBench } from './follow-bench.ts';

/* Pods and nodes that give no log, or none any more. */

let bench: FollowBench;
beforeEach(() => {
  bench = new FollowBench();
});
afterEach(() => bench.leave());

describe('a pod that has no node yet', () => {
  test('has no log, and none that is complete', async () => {
    const container = bench.start();
    bench.kubelet.faults.push({ isNowhere: true }, { isNowhere: true });
    bench.kubelet.tell();
    const done = bench.follow();
    await until(() => bench.kubelet.asked.length > 2);
    container.write(line(1));
    bench.kubelet.end();
    await done;
    expect(await bench.texts()).toEqual(['line 1']);
  });

  test('and is said to have ended leaves a mark', async () => {
    const container = bench.start();
    container.state = { ...container.state, kind: 'ended' };
    bench.kubelet.faults.push(...Array.from({ length: 20 }, () => ({ isNowhere: true })));
    bench.kubelet.tell(true);
    await bench.follow();
    expect(await bench.texts()).toEqual(['[some output may be missing: the log ends here, pod "pod" has no log yet]']);
  });
});

describe('a node that does not answer', () => {
  const refuse = new KubeFault('server', 'no route to host', { request: 'log', status: 500 });

  test('after a container has ended costs its log only so much time', async () => {
    const container = bench.start();
    container.write(line(1));
    bench.kubelet.tell();
    const done = bench.follow({ timing: { ...QUICK, silentNode: 30 } });
    await bench.stored('line 1');
    bench.kubelet.lasting = { refuse };
    bench.kubelet.end();
    await done;
    const mark = '[some output may be missing: the log ends here, node node-1 does not answer: no route to host]';
    expect(await bench.texts()).toEqual(['line 1', mark]);
  });

  test('and neither does the server: it is waited for', async () => {
    const container = bench.start();
    container.write(line(1));
    bench.kubelet.lasting = { refuse };
    const before = performance.now();
    bench.kubelet.heardAt = () => before;
    bench.kubelet.end();
    const done = bench.follow({ timing: { ...QUICK, silentNode: 1 } });
    await until(() => bench.kubelet.asked.length > 20);
    bench.kubelet.lasting = {};
    await done;
    expect(await bench.texts()).toEqual(['line 1']);
  });
});

// Not even root makes files in /sys.
describe('a pod that is gone', () => {
  test('ends the log with a mark, also when the connection hangs', async () => {
    const container = bench.start();
    container.write(line(1));
    bench.kubelet.tell();
    const done = bench.follow();
    await bench.stored('line 1');
    bench.kubelet.remove('pod');
    bench.kubelet.tell(true);
    await done;
    expect(await bench.texts()).toEqual([
      'line 1',
      '[some output may be missing: the log ends here, the pod was deleted]',
    ]);
  });

  test('after its log was complete takes nothing away', async () => {
    const container = bench.start();
    container.write(line(1));
    container.state = { ...container.state, kind: 'ended' };
    bench.kubelet.tell();
    const done = bench.follow();
    await until(() => readEnd() === 'complete\n');
    bench.kubelet.remove('pod');
    bench.kubelet.tell(true);
    await done;
    expect(await bench.texts()).toEqual(['line 1']);
  });

  test('whose log is refused for good ends with what the server said', async () => {
    const container = bench.start();
    container.state = { ...container.state, kind: 'ended' };
    const refuse = new KubeFault('forbidden', 'pods "pod" is forbidden', { request: 'log', status: 403 });
    bench.kubelet.faults.push(...Array.from({ length: 20 }, () => ({ refuse })));
    bench.kubelet.tell(true);
    await bench.follow();
    expect(await bench.texts()).toEqual(['[some output may be missing: the log ends here, pods "pod" is forbidden]']);
  });

  test('before we came ends where somebody left its log, with a mark', async () => {
    const container = bench.start();
    container.write(line(1));
    bench.kubelet.tell();
    const first = new AbortController();
    const one = bench.follow({}, first.signal).catch((error: unknown) => error);
    await bench.stored('line 1');
    first.abort();
    await one;
    const other = new FakeKubelet();
    other.tell(true);
    await bench.follow({ api: other, states: other.states() });
    expect(await bench.texts()).toEqual(['line 1', '[some output may be missing: the log ends here, the pod is gone]']);
    expect(bench.troubles).toHaveLength(1);
  });

  function readEnd(): string | undefined {
    try {
      return readFileSync(
        new AttemptLogFolder(bench.root).log({ uid: 'uid-pod' }, 'main', 0).replace('.log', '.end'),
        'utf8',
      );
    } catch {
      return undefined;
    }
  }
});
