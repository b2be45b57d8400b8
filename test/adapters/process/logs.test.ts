import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogLine, LogOptions } from '../../../src/ports/target.ts';
import { linesOf } from '../../fakes/lines-of.ts';
import { all, never, observeAll, runToEnd, TestPlace, until } from './support/local-place.ts';

let here: TestPlace;
beforeEach(() => {
  here = new TestPlace();
});
afterEach(() => here.remove());

async function read(
  spec: Awaited<ReturnType<TestPlace['spec']>>,
  options: Partial<LogOptions> = {},
): Promise<readonly LogLine[]> {
  return all(linesOf(here.target.logs(spec, { follow: false, ...options }, never)));
}

const texts = (lines: readonly LogLine[]): readonly string[] => lines.map(({ text }) => text);

describe('the log of an attempt', () => {
  test('holds a line of 10 MiB whole', async () => {
    const spec = await here.spec({ script: 'head -c 10485760 /dev/zero | tr "\\0" x; echo; echo after' });
    const {
      texts: [long, after],
    } = await runToEnd(here.place, spec);
    expect(long?.length).toBe(10 * 1024 * 1024);
    expect(long === 'x'.repeat(10 * 1024 * 1024)).toBe(true);
    expect(after).toBe('after');
  });

  test('keeps what terminals would act upon', async () => {
    const spec = await here.spec({ script: `printf '1%%\\r2%%\\r\\n\\0\\033[31m\\377\\n'; printf 'no line end'` });
    const { texts: found } = await runToEnd(here.place, spec);
    expect(found).toEqual(['1%\r2%\r', '\0\x1b[31m\ufffd', 'no line end']);
  });

  test('is empty before the first line, and for an attempt that never was', async () => {
    const spec = await here.spec({});
    expect(await read(spec)).toEqual([]);
    await runToEnd(here.place, spec);
    expect(await read(spec)).toEqual([]);
  });

  test('can be read from its end, from a time, and of one container', async () => {
    const init = [{ name: 'first', image: 'stages/test/shell', command: ['sh', '-c', 'echo a; echo b; echo c'] }];
    const stored = '"$ILAB_CONTENT/../logs/main.log"';
    const script = `echo 1; echo 2; echo 3; until grep -q ' 3$' ${stored}; do sleep 0.05; done; echo 4 >&2`;
    const spec = await here.spec({ init, script });
    await runToEnd(here.place, spec);
    expect(texts(await read(spec, { tail: 2 }))).toEqual(['b', 'c', '3', '4']);
    expect(texts(await read(spec, { tail: 0 }))).toEqual([]);
    expect(texts(await read(spec, { container: 'first' }))).toEqual(['a', 'b', 'c']);
    const last = (await read(spec)).at(-1);
    expect(texts(await read(spec, { since: last?.time ?? '' }))).toEqual(['4']);
    expect(texts(await read(spec, { since: '2999-01-01T00:00:00Z' }))).toEqual([]);
  });

  test('can be followed while it grows, and ends with the attempt', async () => {
    const script = 'echo 1; while [ ! -e "$ILAB_CONTENT/go" ]; do sleep 0.05; done; printf 2';
    const spec = await here.spec({ script });
    const { uid } = await here.target.submit(spec);
    const seen: string[] = [];
    for await (const { text } of linesOf(here.target.logs(spec, { follow: true }, never))) {
      seen.push(text);
      if (text === '1') writeFileSync(join(here.target.contentRoot(spec), 'go'), '');
    }
    expect(seen).toEqual(['1', '2']);
    expect((await observeAll(here.place, spec, uid)).at(-1)).toMatchObject({ kind: 'ended' });
  });

  test('can be followed from before the attempt has begun, until nobody wants it any more', async () => {
    const spec = await here.spec({ script: 'echo 1; sleep 600' });
    const enough = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { text } of linesOf(here.target.logs(spec, { follow: true }, enough.signal))) {
        seen.push(text);
        enough.abort();
      }
    })();
    await here.target.submit(spec);
    await following;
    expect(seen).toEqual(['1']);
  });

  test('stamps each line with its time', async () => {
    const before = new Date().toISOString();
    const { lines } = await runToEnd(here.place, await here.spec({ script: 'echo 1; sleep 0.1; echo 2' }));
    const [first, second] = lines.map(({ time }) => time);
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect([before, first, second, new Date().toISOString()].toSorted()).toEqual([
      before,
      first,
      second,
      expect.any(String),
    ]);
  });
});

describe('a secret', () => {
  const value = 'sk-"very"/secret+value';

  test('reaches the container from a variable or a file, and no log', async () => {
    here.env['TEACHER_KEY'] = value;
    const file = here.write('token', 'file-token-1\n');
    const env = [
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'env', key: 'TEACHER_KEY' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'file', key: file } } },
    ];
    const script = `
      printf %s "$KEY$TOKEN" | cksum
      echo "key $KEY."; echo "token $TOKEN" >&2
      printf 'split %.5s' "$KEY"; sleep 0.1; printf '%s\\n' "$KEY" | cut -c6-
      printf %s "$KEY" | base64
      env | grep -c ILAB_SECRET
      echo "it said $KEY" >"$ILAB_TERMINATION_LOG"; exit 1`;
    const spec = await here.spec({ script, env });
    const { lines, outcome } = await runToEnd(here.place, spec);
    const of = (stream: string) => texts(lines.filter((line) => line.stream === stream));
    const [sum, ...rest] = of('stdout');
    expect(rest).toEqual(['key ***.', 'split ***', '***', '0']);
    expect(sum).toMatch(/^\d+ 34$/);
    expect(of('stderr')).toEqual(['token ***']);
    expect(outcome).toMatchObject({ message: 'it ended with exit code 1: it said ***' });
    await until(() => !existsSync(join(here.attemptFolder(spec), 'runtime')));
    const left = spawnSync('grep', ['-rl', '-e', 'very', '-e', 'file-token', here.attemptFolder(spec)], {
      encoding: 'utf8',
    });
    expect(left).toMatchObject({ stdout: '', status: 1 });
  });

  test('that is not there is named before anything runs', async () => {
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'env', key: 'NOT_SET' } } }];
    const spec = await here.spec({ env });
    const refused = {
      code: 'cannot-start',
      message: expect.stringContaining('env:NOT_SET'),
      hint: 'export NOT_SET=...',
    };
    await expect(here.target.check(spec)).rejects.toMatchObject(refused);
    await expect(here.target.submit(spec)).rejects.toMatchObject(refused);
    expect(existsSync(join(here.attemptFolder(spec), 'supervisor.1.json'))).toBe(false);
  });

  test('is still masked when another takes over who has never known it', async () => {
    here.env['TEACHER_KEY'] = value;
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'env', key: 'TEACHER_KEY' } } }];
    const script = 'touch "$ILAB_CONTENT/up"; while [ ! -e "$ILAB_CONTENT/go" ]; do sleep 0.05; done; echo "$KEY"';
    const spec = await here.spec({ script, env });
    const { uid } = await here.target.submit(spec);
    await until(() => existsSync(join(here.target.contentRoot(spec), 'up')));
    const claim = JSON.parse(readFileSync(join(here.attemptFolder(spec), 'supervisor.1.json'), 'utf8'));
    process.kill(claim.process.pid, 'SIGKILL');
    delete here.env['TEACHER_KEY'];
    const watching = observeAll(here.open(), spec, uid);
    await until(() => existsSync(join(here.attemptFolder(spec), 'supervisor.2.json')));
    writeFileSync(join(here.target.contentRoot(spec), 'go'), '');
    await watching;
    expect(texts(await read(spec))).toEqual(['***']);
  });
});
