import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, listProcesses, parseIdentity } from '../../../src/adapters/machine/process-identity.ts';
import type { Claim } from '../../../src/adapters/process/claim.ts';
import type { AttemptSpec } from '../../../src/ports/target.ts';
import { linesOf } from '../../fakes/lines-of.ts';
import { all, never, observeAll, runToEnd, TestPlace, until } from './support/local-place.ts';

let here: TestPlace;
beforeEach(() => {
  here = new TestPlace();
});
afterEach(() => here.remove());

function claims(spec: AttemptSpec): readonly Claim[] {
  const folder = here.attemptFolder(spec);
  return readdirSync(folder)
    .filter((name) => /^supervisor\.\d+\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Claim);
}

async function killSupervisor(spec: AttemptSpec): Promise<void> {
  const { process: found } = claims(spec).at(-1) as Claim;
  process.kill(found.pid, 'SIGKILL');
  await until(() => !isAlive(found));
}

function runtime(spec: AttemptSpec, name: string): string {
  return join(here.attemptFolder(spec), 'runtime', name);
}

/** Has its side effect once, then writes numbered lines to both streams, up to each number it reads, until it reads `end`. */
const COUNTING = `
  mkfifo "$ILAB_CONTENT/go"
  exec 3<>"$ILAB_CONTENT/go"
  echo ran >>"$ILAB_CONTENT/artifacts/effect"
  n=0
  while read -r to <&3 && [ "$to" != end ]; do
    while [ $n -lt "$to" ]; do n=$((n + 1)); echo "line $n"; echo "error $n" >&2; done
  done
  printf 'no line end'`;

async function startCounting() {
  const spec = await here.spec({ script: COUNTING });
  const { uid } = await here.target.submit(spec);
  const go = join(here.target.contentRoot(spec), 'go');
  await until(() => existsSync(join(here.target.contentRoot(spec), 'artifacts/effect')));
  return { spec, uid, tell: (word: number | 'end') => appendFileSync(go, `${word}\n`) };
}

/** Every line once, the side effect once, one identity. */
async function expectWhole(spec: AttemptSpec, uid: string, count: number): Promise<void> {
  const last = (await observeAll(here.place, spec, uid)).at(-1);
  expect(last).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
  const lines = await all(linesOf(here.target.logs(spec, { follow: false }, never)));
  const of = (stream: string) => lines.filter((line) => line.stream === stream).map((line) => line.text);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  expect(of('stdout')).toEqual([...numbers.map((number) => `line ${number}`), 'no line end']);
  expect(of('stderr')).toEqual(numbers.map((number) => `error ${number}`));
  expect(readFileSync(join(here.stateDir, 'workspace/runs/r/s/1/effect'), 'utf8')).toBe('ran\n');
  expect(new Set(claims(spec).map((claim) => claim.uid))).toEqual(new Set([uid]));
}

describe('a supervisor that is killed', () => {
  test('while the container writes is followed by one that stores every line once', async () => {
    const { spec, uid, tell } = await startCounting();
    const watching = observeAll(here.place, spec, uid);
    for (const [generation, to] of [1000, 3000, 6000].entries()) {
      tell(to);
      await until(() => claims(spec).length === generation + 1);
      await killSupervisor(spec);
      tell(to + 50);
    }
    tell(6100);
    tell('end');
    await watching;
    await expectWhole(spec, uid, 6100);
    expect(claims(spec)).toHaveLength(4);
  });

  test('before the container ends, which nobody sees but its shim, is followed by one that tells its outcome', async () => {
    const { spec, uid, tell } = await startCounting();
    await killSupervisor(spec);
    tell(10);
    tell('end');
    await until(() => existsSync(runtime(spec, 'main.0.exit')));
    await expectWhole(spec, uid, 10);
  });

  test('is missed neither by one who only waits nor by one who cancels', async () => {
    const { spec, uid } = await startCounting();
    await killSupervisor(spec);
    await here.open().target.terminate(spec, uid);
    const last = (await observeAll(here.place, spec, uid)).at(-1);
    expect(last).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
  });

  test('after the wish to end was noted leaves a cancelled attempt, whatever its container does', async () => {
    const spec = await here.spec({
      script: `trap 'exit 0' TERM; touch "$ILAB_CONTENT/artifacts/up"; while :; do sleep 60 & wait; done`,
    });
    const { uid } = await here.target.submit(spec);
    await until(() => existsSync(join(here.target.contentRoot(spec), 'artifacts/up')));
    await here.target.terminate(spec, uid);
    await until(() => existsSync(join(here.attemptFolder(spec), 'stopping.json')));
    await killSupervisor(spec);
    const last = (await observeAll(here.place, spec, uid)).at(-1);
    expect(last).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
  });

  test('together with everything else, as when the machine goes down, leaves an attempt that is lost', async () => {
    const { spec, uid } = await startCounting();
    await until(() => existsSync(join(here.attemptFolder(spec), 'logs/main.log')));
    const main = parseIdentity(readFileSync(runtime(spec, 'main.0.pid'), 'utf8').split('\n')[0] ?? '');
    await killSupervisor(spec);
    const session = listProcesses().find(({ pid }) => pid === main?.pid)?.session;
    const others = listProcesses().filter((other) => other.session === session && other.pid !== main?.pid);
    for (const { pid } of others) process.kill(pid, 'SIGKILL');
    if (main !== undefined) process.kill(main.pid, 'SIGKILL');
    const last = (await observeAll(here.place, spec, uid)).at(-1);
    expect(last).toMatchObject({ kind: 'ended', outcome: { kind: 'lost' } });
    expect(readFileSync(join(here.stateDir, 'workspace/runs/r/s/1/effect'), 'utf8')).toBe('ran\n');
  });
});

describe('a collector of output that is killed', () => {
  test('takes nothing with it when it had nothing, and the log says that there may be a gap', async () => {
    const { spec, uid, tell } = await startCounting();
    const main = parseIdentity(readFileSync(runtime(spec, 'main.0.pid'), 'utf8').split('\n')[0] ?? '');
    const session = listProcesses().find(({ pid }) => pid === main?.pid)?.session;
    const findCats = () => listProcesses().filter((other) => other.session === session && comm(other.pid) === 'cat');
    await until(() => findCats().length === 2);
    const killed = findCats().map(({ pid }) => pid);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    // Each of the two streams has a collector again; what ends before that is another story.
    await until(() => findCats().filter(({ pid }) => !killed.includes(pid)).length === 2);
    expect(existsSync(runtime(spec, 'main.0.gaps'))).toBe(true);
    tell(3);
    tell('end');
    await observeAll(here.place, spec, uid);
    const lines = await all(linesOf(here.target.logs(spec, { follow: false }, never)));
    expect(lines.map(({ text }) => text).toSorted()).toEqual([
      expect.stringMatching(/^\[some output is missing/),
      ...['error 1', 'error 2', 'error 3', 'line 1', 'line 2', 'line 3', 'no line end'],
    ]);
  });
});

/** The program's name; empty for a process that has just ended. */
function comm(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

describe('several programs at once', () => {
  test('make one attempt', async () => {
    const spec = await here.spec({ script: 'echo ran >>"$ILAB_CONTENT/artifacts/effect"; echo once' });
    const bound = await Promise.all(Array.from({ length: 4 }, () => here.open().target.submit(spec)));
    expect(new Set(bound.map(({ uid }) => uid)).size).toBe(1);
    expect(bound.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    const { texts } = await runToEnd(here.place, spec);
    expect(texts).toEqual(['once']);
    expect(readFileSync(join(here.stateDir, 'workspace/runs/r/s/1/effect'), 'utf8')).toBe('ran\n');
  });

  test('take over from a dead supervisor once', async () => {
    const { spec, uid, tell } = await startCounting();
    await killSupervisor(spec);
    const watching = [1, 2, 3].map(() => observeAll(here.open(), spec, uid));
    tell(5);
    tell('end');
    await Promise.all(watching);
    await expectWhole(spec, uid, 5);
    expect(claims(spec)).toHaveLength(2);
  });

  test('with other work under the same name are told that it is taken', async () => {
    const spec = await here.spec({});
    await here.target.submit(spec);
    await expect(here.target.submit({ ...spec, key: 'other' })).rejects.toMatchObject({ code: 'name-taken' });
    await runToEnd(here.place, spec);
  });
});
