import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  identityOf,
  isAlive,
  listProcesses,
  parseIdentity,
  wasStartedWith,
} from '../../../src/adapters/machine/process-identity.ts';
import { killEach } from '../../../src/adapters/process/supervisor/pod-processes.ts';
import type { AttemptSpec } from '../../../src/ports/target.ts';
import { observeAll, runToEnd, TestPlace, until } from './support/local-place.ts';

let here: TestPlace;
beforeEach(() => {
  here = new TestPlace();
});
afterEach(() => here.remove());

/** Starts it and waits until its script has made the file `up` in its artifacts. */
async function start(job: Parameters<TestPlace['spec']>[0]) {
  const spec = await here.spec(job);
  const { uid } = await here.target.submit(spec);
  await until(() => existsSync(artifact(spec, 'up')));
  return { spec, uid };
}

function artifact(spec: AttemptSpec, name: string): string {
  return join(here.target.contentRoot(spec), 'artifacts', name);
}

async function outcomeOf(spec: AttemptSpec, uid: string) {
  const last = (await observeAll(here.place, spec, uid)).at(-1);
  return last?.kind === 'ended' ? last.outcome : last;
}

/** Living processes with these numbers. */
function alive(...files: readonly string[]): readonly number[] {
  const pids = files.map((file) => Number(readFileSync(file, 'utf8')));
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => pids.includes(pid));
}

const SELF = { start: '', ...identityOf(process.pid), pid: process.pid, parent: process.ppid, session: 0 };
const UP = 'touch "$ILAB_CONTENT/artifacts/up"';
/** Waits without being deaf to signals. */
const WAIT = 'while :; do sleep 60 & wait; done';

describe('an attempt that is told to end', () => {
  test('gets SIGTERM, may save what it has, and is cancelled whatever it exits with', async () => {
    const { spec, uid } = await start({ script: `trap 'echo saved; exit 0' TERM; ${UP}; ${WAIT}` });
    await here.target.terminate(spec, uid);
    await here.target.terminate(spec, uid);
    const { outcome, texts } = await runToEnd(here.place, spec);
    expect(outcome).toEqual({ kind: 'cancelled', message: 'it was ended on request' });
    expect(texts).toEqual(['saved']);
  });

  test('is killed after the grace, with everything it has started', async () => {
    const script = `trap '' TERM; sh -c 'echo $$ >"$ILAB_CONTENT/artifacts/child"; exec sleep 600' & echo $$ >"$ILAB_CONTENT/artifacts/main"; ${UP}; ${WAIT}`;
    const { spec, uid } = await start({ script, pod: { terminationGracePeriodSeconds: 1 } });
    const files = ['main', 'child'].map((name) => artifact(spec, name));
    await here.target.terminate(spec, uid);
    expect(await outcomeOf(spec, uid)).toMatchObject({ kind: 'cancelled' });
    expect(alive(...files)).toEqual([]);
  });

  test('keeps the outcome it had when it had ended before', async () => {
    const spec = await here.spec({});
    const { uid } = await runToEnd(here.place, spec);
    await here.target.terminate(spec, uid);
    expect(await outcomeOf(spec, uid)).toMatchObject({ kind: 'succeeded' });
  });

  test('is left alone when it is another with the same name', async () => {
    const { spec, uid } = await start({ script: `${UP}; ${WAIT}` });
    await here.target.terminate(spec, 'not-its-uid');
    expect(existsSync(join(here.attemptFolder(spec), 'terminate'))).toBe(false);
    await here.target.terminate(spec, uid);
    expect(await outcomeOf(spec, uid)).toMatchObject({ kind: 'cancelled' });
  });

  test('before it has begun never begins', async () => {
    const init = [{ name: 'first', image: 'stages/test/shell', command: ['sh', '-c', 'sleep 600'] }];
    const spec = await here.spec({ script: UP, init });
    const { uid } = await here.target.submit(spec);
    await until(() => existsSync(join(here.attemptFolder(spec), 'runtime/first.0.pid')));
    await here.target.terminate(spec, uid);
    expect(await outcomeOf(spec, uid)).toMatchObject({ kind: 'cancelled' });
    expect(existsSync(artifact(spec, 'up'))).toBe(false);
  });

  test('by a signal to its supervisor ends as well', async () => {
    const { spec, uid } = await start({ script: `trap 'exit 0' TERM; ${UP}; ${WAIT}` });
    const claim = JSON.parse(readFileSync(join(here.attemptFolder(spec), 'supervisor.1.json'), 'utf8'));
    process.kill(claim.process.pid, 'SIGTERM');
    expect(await outcomeOf(spec, uid)).toMatchObject({ kind: 'cancelled' });
  });
});

describe('a time limit', () => {
  test('ends an attempt that takes longer', async () => {
    const spec = await here.spec({ script: WAIT, jobSpec: { activeDeadlineSeconds: 1 } });
    const { outcome } = await runToEnd(here.place, spec);
    expect(outcome).toEqual({
      kind: 'failed',
      class: 'user',
      reason: 'deadline',
      message:
        'it did not end within 1 seconds (activeDeadlineSeconds); to give it more: `--run-timeout` of `resume`, `timeouts.run` of the stage',
    });
  });

  test.each([
    { what: 'an init container', more: {}, class: 'infra', how: 'init container slow did not end' },
    {
      what: 'a sidecar, which would do no better again',
      more: { restartPolicy: 'Always', startupProbe: { exec: { command: ['false'] }, failureThreshold: 600 } },
      class: 'user',
      how: 'sidecar slow did not get ready',
    },
  ])('ends one that never begins for $what', async ({ more, class: blamed, how }) => {
    // It has said so by then.
    const command = ['sh', '-c', 'echo at shelf 3 >&2; sleep 600'];
    const init = [{ name: 'slow', image: 'stages/test/shell', command, ...more }];
    const spec = await here.spec({ script: UP, init, startTimeout: 3 });
    const { outcome } = await runToEnd(here.place, spec);
    expect(outcome).toMatchObject({
      kind: 'failed',
      class: blamed,
      reason: 'cannot-start',
      message: expect.stringContaining(`it did not start within 3 seconds: ${how}: at shelf 3; to give it more: `),
    });
  });
});

describe('what an ended main process leaves running', () => {
  test.each([
    { what: 'in the background', how: 'sleep 600 &' },
    { what: 'in a session of its own', how: 'setsid sleep 600 &' },
    { what: 'with its output closed', how: 'sleep 600 >/dev/null 2>&1 &' },
    { what: 'deaf to signals', how: `(trap '' TERM INT HUP; exec sleep 600) &` },
  ])('$what is gone when it has ended', async ({ how }) => {
    const spec = await here.spec({ script: `${how} echo $! >"$ILAB_CONTENT/artifacts/pid"; echo done` });
    const { outcome, texts } = await runToEnd(here.place, spec);
    expect(outcome.kind).toBe('succeeded');
    expect(texts).toEqual(['done']);
    expect(alive(artifact(spec, 'pid'))).toEqual([]);
    const mark = `ILAB_CONTENT=${here.target.contentRoot(spec)}`;
    expect(listProcesses().filter(({ pid }) => wasStartedWith(pid, mark))).toEqual([]);
  });
});

describe('whoever kills all that is there', () => {
  test('looks again when one has gone by itself meanwhile: it may have started another', async () => {
    const gone = { ...SELF, pid: spawnSync('true').pid };
    const left = spawn('sleep', ['600'], { stdio: 'ignore' });
    onTestFinished(() => void left.kill('SIGKILL'));
    const ended = once(left, 'exit');
    const looks = [[gone], [{ ...SELF, ...identityOf(left.pid ?? 0) }]];
    await killEach(() => looks.shift() ?? []);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  test('leaves who is not theirs to kill', async () => {
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await killEach(() => [SELF]);
  });
});

describe('a process identity', () => {
  test('tells a process from a later one with the same number', () => {
    const [self] = listProcesses().filter(({ pid }) => pid === process.pid);
    expect(self).toBeDefined();
    expect(isAlive({ pid: process.pid, start: self?.start ?? '' })).toBe(true);
    expect(isAlive({ pid: process.pid, start: 'another boot/1' })).toBe(false);
  });

  test.each(['', 'x', 'sealed', 'boot 12 (sh', 'ps 12 '])('cannot be read from %j', (line) => {
    expect(parseIdentity(line)).toBeUndefined();
  });
});
