import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linesOf } from '../../fakes/lines-of.ts';
import { all, never, observeAll, TestPlace } from './support/local-place.ts';

/** What a supervisor does to the disk, all of it from its main thread. */
const CALLS = [
  'openat',
  'write',
  'pwrite64',
  'fsync',
  'link',
  'rename',
  'unlink',
  'mkdir',
  'ftruncate',
  'rmdir',
  'symlink',
];
/** Those that write the log, and so are made all the time that the stage runs. */
const OFTEN = ['write', 'pwrite64', 'fsync'];
const LINES = 300;
const SCRIPT = `
  echo ran >>"$ILAB_CONTENT/artifacts/effect"
  n=0
  while [ $n -lt ${LINES} ]; do n=$((n + 1)); echo "line $n"; echo "error $n" >&2; done
  printf 'no line end'`;

const NO_STRACE = 'strace is not installed, so no system call can be made to fail';
const hasStrace = (() => {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

interface Point {
  readonly name: string;
  readonly nth: number;
}

let here: TestPlace;
let runs = 0;
beforeAll(() => {
  here = new TestPlace();
});
afterAll(() => here.remove());

/** Several attempts at once: each waits most of its time, for a driver that looks or for a disk that is asked again. */
async function atEach(points: ReturnType<typeof pointsIn>, run: (point: Point) => Promise<void>): Promise<void> {
  const left = [...points];
  const worker = async (): Promise<void> => {
    for (let point = left.shift(); point !== undefined; point = left.shift()) await run(point);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** Runs an attempt whose first supervisor is traced, and says what became of it. */
async function runTraced(...strace: readonly string[]) {
  runs += 1;
  const at = runs;
  const trace = here.path(`trace.${at}`);
  const flag = here.path(`traced.${at}`);
  const wrapper = here.write(
    `node.${at}`,
    `#!/bin/sh\nmkdir '${flag}' 2>/dev/null || exec '${process.execPath}' "$@"\n` +
      `exec strace -D -qq -o '${trace}' ${strace.map((word) => `'${word}'`).join(' ')} '${process.execPath}' "$@"\n`,
    0o755,
  );
  const place = here.open({ nodePath: wrapper });
  const spec = await here.spec({ run: `r${at}`, script: SCRIPT });
  const submit = () => place.target.submit(spec);
  // A supervisor that dies before its claim makes submit fail; the program submits again, as in INTENT.
  const { uid } = await submit().catch(submit);
  const last = (await observeAll(place, spec, uid)).at(-1);
  const lines = await all(linesOf(place.target.logs(spec, { follow: true }, never)));
  const generations = readdirSync(here.attemptFolder(spec)).filter((name) => /^supervisor\.\d/.test(name)).length;
  return {
    last,
    lines,
    trace,
    generations,
    effect: readFileSync(here.path(`state/workspace/runs/r${at}/s/1/effect`), 'utf8'),
  };
}

function expectWhole({ last, lines, effect }: Awaited<ReturnType<typeof runTraced>>): void {
  const of = (stream: string) => lines.filter((line) => line.stream === stream).map((line) => line.text);
  const numbers = Array.from({ length: LINES }, (_, index) => index + 1);
  expect(last).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
  expect(of('stdout')).toEqual([...numbers.map((number) => `line ${number}`), 'no line end']);
  expect(of('stderr')).toEqual(numbers.map((number) => `error ${number}`));
  expect(effect).toBe('ran\n');
}

/**
 * The first and the last time that each call was made on the state folder, or on a file that was open, and a middle one of the
 * log's. test/long/sweep.test.ts kills at every call, and refuses it.
 */
function pointsIn(trace: string): readonly Point[] {
  const calls = readFileSync(trace, 'utf8').split('\n');
  return CALLS.flatMap((name) => {
    const made = calls.filter((line) => line.startsWith(`${name}(`));
    const ours = made.flatMap((line, index) =>
      line.includes(here.stateDir) || !line.includes('"/') ? [index + 1] : [],
    );
    const middle = OFTEN.includes(name) ? [ours[Math.floor(ours.length / 2)]] : [];
    const sample = new Set([ours[0], ...middle, ours.at(-1)]);
    return [...sample].filter((nth) => nth !== undefined).map((nth) => ({ name, nth }));
  });
}

describe('a supervisor, at each kind of system call (strace),', { timeout: 300_000 }, () => {
  let recorded: Awaited<ReturnType<typeof runTraced>>;
  let points: ReturnType<typeof pointsIn>;
  beforeAll(async () => {
    if (!hasStrace) return;
    recorded = await runTraced('-e', `trace=${CALLS.join(',')}`);
    expectWhole(recorded);
    points = pointsIn(recorded.trace);
    expect(points.length).toBeGreaterThan(12);
  });

  test('can be killed: the next one loses nothing and does nothing twice', async ({ skip }) => {
    skip(!hasStrace, NO_STRACE);
    const generations: number[] = [];
    await atEach(points, async ({ name, nth }) => {
      const killed = await runTraced('-e', `trace=${name}`, '-e', `inject=${name}:signal=KILL:when=${nth}`);
      expect({ name, nth, ...summary(killed) }).toEqual({ name, nth, ...summary(recorded) });
      expectWhole(killed);
      generations.push(killed.generations);
    });
    expect(generations).toHaveLength(points.length);
    expect(Math.max(...generations)).toBeGreaterThan(1);
  });

  test('can be refused: it waits until the disk takes it', async ({ skip }) => {
    skip(!hasStrace, NO_STRACE);
    const refusable = points.filter(({ name }) => ['pwrite64', 'fsync', 'link', 'rename', 'mkdir'].includes(name));
    await atEach(
      refusable.filter((_, index) => index % 2 === 0),
      async ({ name, nth }) => {
        const error = name === 'fsync' ? 'EIO' : 'ENOSPC';
        const refused = await runTraced('-e', `trace=${name}`, '-e', `inject=${name}:error=${error}:when=${nth}`);
        expect({ name, nth, ...summary(refused) }).toEqual({ name, nth, ...summary(recorded) });
        expectWhole(refused);
        expect({ name, nth, generations: refused.generations }).toEqual({ name, nth, generations: 1 });
      },
    );
  });
});

function summary({ last, lines, effect }: Awaited<ReturnType<typeof runTraced>>) {
  return { last: last?.kind, lines: lines.length, effect };
}
