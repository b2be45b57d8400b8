import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, listProcesses, wasStartedWith } from '../../../src/adapters/machine/process-identity.ts';
import type { AttemptSpec } from '../../../src/ports/target.ts';
import { observeAll, runToEnd, TestPlace, until } from './support/local-place.ts';

let here: TestPlace;
beforeEach(() => {
  here = new TestPlace();
});
afterEach(() => here.remove());

const WORK = { name: 'workspace', mountPath: '/content/work', subPath: 'work/r/s' };

test('an attempt is removed with its outputs, its work and the folders that become empty', async () => {
  const spec = await here.spec({
    script: 'echo x >"$ILAB_CONTENT/work/state"; echo y >"$ILAB_CONTENT/artifacts/y"',
    mounts: [WORK],
  });
  await runToEnd(here.place, spec);
  const other = await here.spec({ stage: 'other', script: 'echo y >"$ILAB_CONTENT/artifacts/y"' });
  await runToEnd(here.place, other);

  await here.target.remove(spec);

  expect(readdirSync(here.path('state/workspace')).sort()).toEqual(['runs']);
  expect(readdirSync(here.path('state/workspace/runs/r'))).toEqual(['other']);
  expect(readdirSync(here.path('state/attempts/r'))).toEqual(['other']);
  await here.target.remove(other);
  expect(readdirSync(here.path('state/workspace'))).toEqual([]);
  expect(readdirSync(here.path('state/attempts'))).toEqual([]);
});

test('an attempt that goes on is not removed', async () => {
  const spec = await here.spec({ script: 'sleep 600' });
  const { uid } = await here.target.submit(spec);
  await expect(here.target.remove(spec)).rejects.toMatchObject({
    code: 'still-running',
    hint: expect.stringContaining('cancel r'),
  });
  await here.target.terminate(spec, uid);
  await observeAll(here.place, spec, uid);
  await here.target.remove(spec);
  expect(existsSync(join(here.attemptFolder(spec)))).toBe(false);
});

test('whoever looks at an attempt while it ends is told so, and never that it waits', async () => {
  const spec = await here.spec({ script: 'true' });
  const { uid } = await runToEnd(here.place, spec);
  const folder = here.attemptFolder(spec);
  await until(() => !existsSync(join(folder, 'runtime')));
  // It ends between two reads of whoever looks: after there was no outcome, and before what tells that it has begun.
  for (const name of ['outcome.json', 'spec.json']) renameSync(join(folder, name), join(folder, `${name}.kept`));
  execFileSync('mkfifo', [join(folder, 'spec.json')]);
  const ends = 'exec 3>spec.json; mv outcome.json.kept outcome.json; cat spec.json.kept >&3';
  const ended = once(spawn('sh', ['-c', ends], { cwd: folder, stdio: 'ignore' }), 'exit');
  expect(await here.target.peek(spec, uid)).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
  await ended;
});

describe('whoever looks at an attempt while it is removed', () => {
  test.each([
    // Between two looks all of the folder goes at once; so it seems to the second one.
    { what: 'after its claim was found', missing: /^supervisor\.1\.json$/ },
    { what: 'after its claim was read', missing: /^(spec|outcome)\.json$/ },
  ])('$what is told that it is gone', async ({ missing }) => {
    const spec = await here.spec({ script: 'true' });
    const { uid } = await runToEnd(here.place, spec);
    const folder = here.attemptFolder(spec);
    for (const name of readdirSync(folder).filter((name) => missing.test(name))) {
      rmSync(join(folder, name));
      if (name.startsWith('supervisor')) symlinkSync('removed', join(folder, name));
    }
    expect(await here.target.peek(spec, uid)).toEqual({ kind: 'gone' });
    expect(await observeAll(here.place, spec, uid)).toEqual([{ kind: 'gone' }]);
  });
});

describe('a folder that somebody takes away takes everything with it', () => {
  test('while the attempt goes on', async () => {
    const spec = await here.spec({ script: 'setsid sleep 600 & touch "$ILAB_CONTENT/up"; sleep 600' });
    await here.target.submit(spec);
    await until(() => existsSync(join(here.attemptFolder(spec), 'content/up')));
    await takenAway(spec);
  });

  test('before its command has begun', async () => {
    // What turns a shell into the command takes its time; until then nothing of the container is there.
    const slowly = `#!/bin/sh\n: >'${here.path('begins')}'\nsleep 1\nexec /usr/bin/env "$@"\n`;
    const bin = dirname(here.write('bin/env', slowly, 0o755));
    const slow = here.open({ path: `${bin}:${process.env['PATH']}` });
    const spec = await here.spec({ script: 'setsid sleep 600 & sleep 600' });
    await slow.target.submit(spec);
    await until(() => existsSync(here.path('begins')));
    await takenAway(spec);
  });
});

async function takenAway(spec: AttemptSpec): Promise<void> {
  const folder = here.attemptFolder(spec);
  const claim = JSON.parse(readFileSync(join(folder, 'supervisor.1.json'), 'utf8'));

  renameSync(folder, here.path('elsewhere'));

  await until(() => !isAlive(claim.process));
  const mark = `ILAB_CONTENT=${here.target.contentRoot(spec)}`;
  expect(listProcesses().filter(({ pid }) => wasStartedWith(pid, mark))).toEqual([]);
  expect(listProcesses().filter(({ pid }) => commandOf(pid).includes(folder))).toEqual([]);
  expect(existsSync(folder)).toBe(false);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
