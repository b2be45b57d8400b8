import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { IMAGE, literal, observeAll, runToEnd, TestPlace, until } from './support/local-place.ts';

let here: TestPlace;
beforeEach(() => {
  here = new TestPlace();
});
afterEach(() => here.remove());

function helper(name: string, script: string, more: JsonObject = {}): JsonObject {
  return { name, image: IMAGE, command: ['sh', '-c', literal(script)], ...more };
}

function sidecar(script: string, more: JsonObject = {}): JsonObject {
  return helper('teacher', script, { restartPolicy: 'Always', ...more });
}

const note = (word: string): string => `echo ${word} >>"$ILAB_CONTENT/order"`;
const WAIT = 'while :; do sleep 60 & wait; done';

async function orderOf(spec: Awaited<ReturnType<TestPlace['spec']>>): Promise<readonly string[]> {
  return readFileSync(join(here.target.contentRoot(spec), 'order'), 'utf8')
    .trim()
    .split('\n');
}

describe('init containers', () => {
  test('run one after the other before main, and their logs are kept apart', async () => {
    const init = [helper('one', `echo I; ${note('one')}`), helper('two', `echo II; ${note('two')}`)];
    const spec = await here.spec({ init, script: `echo main; ${note('main')}` });
    const { outcome, lines } = await runToEnd(here.place, spec);
    expect(outcome.kind).toBe('succeeded');
    expect(await orderOf(spec)).toEqual(['one', 'two', 'main']);
    expect(lines.map(({ container, text }) => `${container} ${text}`)).toEqual(['one I', 'two II', 'main main']);
  });

  test.each([
    { code: 1, outcome: { class: 'user', reason: 'helper-failed', container: 'one', exitCode: 1 } },
    { code: 75, outcome: { class: 'infra', reason: 'helper-failed', container: 'one', exitCode: 75 } },
  ])('that fail ($code) keep main from starting', async ({ code, outcome: expected }) => {
    const spec = await here.spec({ init: [helper('one', `echo no luck >&2; exit ${code}`)], script: note('main') });
    const { outcome } = await runToEnd(here.place, spec);
    expect(outcome).toMatchObject({ kind: 'failed', ...expected });
    expect(outcome).toMatchObject({ message: expect.stringMatching(/^init container one .*: no luck$/) });
    expect(existsSync(join(here.target.contentRoot(spec), 'order'))).toBe(false);
  });
});

describe('a sidecar', () => {
  test('runs beside main, which waits until it is ready, and ends after it', async () => {
    const script = `trap '${note('stopped')}; exit 0' TERM; ${note('started')}; touch "$ILAB_CONTENT/ready"; ${WAIT}`;
    const startupProbe = {
      exec: { command: ['sh', '-c', 'test -e "$ILAB_CONTENT/ready"'] },
      periodSeconds: 1,
    };
    const spec = await here.spec({ init: [sidecar(script, { startupProbe })], script: note('main') });
    const { outcome } = await runToEnd(here.place, spec);
    expect(outcome.kind).toBe('succeeded');
    expect(await orderOf(spec)).toEqual(['started', 'main', 'stopped']);
  });

  test('is waited for by whoever looks, with its name', async () => {
    const startupProbe = { tcpSocket: { port: 1 }, periodSeconds: 1, failureThreshold: 600 };
    const spec = await here.spec({ init: [sidecar(WAIT, { startupProbe })] });
    const { uid } = await here.target.submit(spec);
    const seen = here.target.observe(spec, uid, AbortSignal.timeout(20_000))[Symbol.asyncIterator]();
    expect((await seen.next()).value).toEqual({ kind: 'waiting', reason: 'sidecar teacher is not ready yet' });
    await here.target.terminate(spec, uid);
    expect((await observeAll(here.place, spec, uid)).at(-1)).toMatchObject({ outcome: { kind: 'cancelled' } });
  });

  test('is asked over a socket or by HTTP whether it is ready', async () => {
    // Given a server that is there for both, and answers 200 from the second request on
    let requests = 0;
    const server = createServer((socket) => {
      socket.once('data', () => {
        requests += 1;
        socket.end(`HTTP/1.1 ${requests > 1 ? 200 : 503} X\r\ncontent-length: 0\r\n\r\n`);
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const http = { httpGet: { path: '/v1/models', port: 'api' }, periodSeconds: 1 };
      const init = [
        sidecar(WAIT, { startupProbe: http, ports: [{ name: 'api', containerPort: port }] }),
        sidecar(WAIT, { name: 'other', startupProbe: { tcpSocket: { port }, periodSeconds: 1 } }),
      ];
      const { outcome } = await runToEnd(here.place, await here.spec({ init }));
      expect(outcome.kind).toBe('succeeded');
      expect(requests).toBe(2);
    } finally {
      server.close();
    }
  });

  test('that ends is started again, with a log of its own', async () => {
    const script = `echo life; ${note('life')}; exit 1`;
    const main = 'until [ "$(cat "$ILAB_CONTENT/order" | wc -l)" -ge 2 ]; do sleep 0.05; done';
    const spec = await here.spec({ init: [sidecar(`sleep 0.1; ${script}`)], script: main });
    const { outcome, lines } = await runToEnd(here.place, spec);
    expect(outcome.kind).toBe('succeeded');
    expect(lines.filter(({ container }) => container === 'teacher').length).toBeGreaterThanOrEqual(2);
  });

  test('that cannot start makes the stage fail at once', async () => {
    const startupProbe = { tcpSocket: { port: 1 } };
    const init = [
      { name: 'teacher', image: IMAGE, command: ['no-such-server'], restartPolicy: 'Always', startupProbe },
    ];
    const { outcome } = await runToEnd(here.place, await here.spec({ init }));
    expect(outcome).toMatchObject({ class: 'config', reason: 'cannot-start', container: 'teacher', exitCode: 127 });
  });

  test('that ends three times before it was ready makes the stage fail with what it said', async () => {
    const startupProbe = { tcpSocket: { port: 1 }, periodSeconds: 60, initialDelaySeconds: 60 };
    const init = [sidecar('echo out of memory >&2; exit 1', { startupProbe })];
    const { outcome } = await runToEnd(here.place, await here.spec({ init }));
    expect(outcome).toMatchObject({
      class: 'user',
      reason: 'helper-failed',
      container: 'teacher',
      message: 'sidecar teacher ended with exit code 1: out of memory',
    });
  });

  test('that is not ready in time three times makes the stage fail with what it said', async () => {
    // It looks at a life that has said something, and finds it not ready.
    const said = '"$ILAB_CONTENT/said"';
    const look = `until rm ${said}; do sleep 0.05; done; exit 1`;
    const startupProbe = {
      exec: { command: ['sh', '-c', look] },
      ...{ periodSeconds: 1, timeoutSeconds: 30, failureThreshold: 1 },
    };
    const script = `trap 'exit 0' TERM; echo still loading >&2; touch ${said}; ${WAIT}`;
    const { outcome, lines } = await runToEnd(
      here.place,
      await here.spec({ init: [sidecar(script, { startupProbe })], script: note('main') }),
    );
    expect(outcome).toMatchObject({
      ...{ class: 'user', reason: 'helper-failed', container: 'teacher' },
      message:
        'sidecar teacher was not ready in time, and was ended for that 3 times: still loading; to give it more time: its `startupProbe`',
    });
    expect(lines.filter(({ container }) => container === 'teacher').length).toBe(3);
  });

  test('goes on beside main when their supervisor is killed, and ends with it', async () => {
    const script = `trap '${note('stopped')}; exit 0' TERM; ${note('started')}; touch "$ILAB_CONTENT/ready"; ${WAIT}`;
    const startupProbe = {
      exec: { command: ['sh', '-c', 'test -e "$ILAB_CONTENT/ready"'] },
      periodSeconds: 1,
    };
    const main = `${note('main')}; while [ ! -e "$ILAB_CONTENT/go" ]; do sleep 0.05; done`;
    const spec = await here.spec({ init: [sidecar(script, { startupProbe })], script: main });
    const { uid } = await here.target.submit(spec);
    await until(() => existsSync(join(here.attemptFolder(spec), 'runtime/main.0.pid')));
    const { process: found } = JSON.parse(readFileSync(join(here.attemptFolder(spec), 'supervisor.1.json'), 'utf8'));
    process.kill(found.pid, 'SIGKILL');
    const watching = observeAll(here.place, spec, uid);
    await until(() => existsSync(join(here.attemptFolder(spec), 'supervisor.2.json')));
    writeFileSync(join(here.target.contentRoot(spec), 'go'), '');
    expect((await watching).at(-1)).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
    expect(await orderOf(spec)).toEqual(['started', 'main', 'stopped']);
  });
});
