import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { thisProcess } from '../../../../src/adapters/kubernetes/run-store/holder.ts';

describe('a mark', () => {
  test('of a living process says so, of a dead one too, and a later process of the number is another', async () => {
    const child = spawn('sleep', ['60']);
    const exited = once(child, 'exit');
    const own = thisProcess('here', process.pid);
    const mark = thisProcess('here', child.pid ?? 0).mark;
    expect(own.isDead(mark)).toBe(false);
    expect(own.isDead(own.mark)).toBe(false);
    child.kill('SIGKILL');
    await exited;
    expect(own.isDead(mark)).toBe(true);
    const reused = JSON.stringify({ ...JSON.parse(mark), pid: process.pid });
    expect(own.isDead(reused)).toBe(true);
  });

  test.each([
    ['another machine', { host: 'there' }],
    ['a container of the same kernel', { namespace: 'pid:[1]' }],
    ['an earlier boot', { start: 'an-earlier-boot/1' }],
  ])('of %s is never judged, although its process is not here', (_what, change) => {
    const own = thisProcess('here', process.pid);
    const gone = { ...JSON.parse(own.mark), pid: 2 ** 22 + 1 };
    expect(own.isDead(JSON.stringify(gone))).toBe(true);
    expect(own.isDead(JSON.stringify({ ...gone, ...change }))).toBe(false);
  });

  test.each(['', 'no JSON', '{}', '[1]'])('that is none, %j, is never judged', (text) => {
    expect(thisProcess('here', process.pid).isDead(text)).toBe(false);
  });
});
