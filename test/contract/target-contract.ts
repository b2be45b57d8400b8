import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import type { AttemptSpec, LogLine, LogOptions, Observation, Target } from '../../src/ports/target.ts';
import { linesOf } from '../fakes/lines-of.ts';

/** One attempt to be, in terms that every target can make objects of. */
export interface ContractJob {
  /** What `sh -c` runs in the container `main`; `$ILAB_CONTENT/artifacts` is there to write to. */
  readonly script: string;
  readonly stage?: string;
  readonly attempt?: number;
  readonly key?: string;
  /** Seconds; becomes `activeDeadlineSeconds`. */
  readonly deadline?: number;
  /** Seconds; becomes `terminationGracePeriodSeconds`. */
  readonly grace?: number;
  /** More fields of the container. */
  readonly container?: JsonObject;
}

/** A target in a place of its own, for one test. */
export interface TargetHarness {
  readonly target: Target;
  /** Makes the images ready and renders the objects. The contract is `plain`. */
  spec(job: ContractJob): Promise<AttemptSpec>;
  /** What this target cannot tell: which stream a line was written to, what a plain stage made. */
  readonly unknown?: readonly ('streams' | 'contents')[];
  /** The same place as another program sees it. */
  open(): Target;
  /** Takes the place away, with whatever a test left running. */
  remove(): Promise<void>;
}

const never = new AbortController().signal;

/** What any Target promises to the actions (src/ports/target.ts), whatever runs the stages. */
export function describeTarget(name: string, make: () => Promise<TargetHarness>): void {
  describe(`the target ${name}`, () => {
    let here: TargetHarness;
    beforeEach(async () => {
      here = await make();
    });
    afterEach(() => here.remove());

    async function submit(job: ContractJob) {
      const spec = await here.spec(job);
      const bound = await here.target.submit(spec);
      if (bound.kind === 'refused') throw new Error(`it was refused: ${JSON.stringify(bound.outcome)}`);
      return { spec, ...bound };
    }
    const observe = (spec: AttemptSpec, uid: string, target = here.target): Promise<readonly Observation[]> =>
      collect(target.observe(spec, uid, never));
    const read = (spec: AttemptSpec, options: Partial<LogOptions> = {}): Promise<readonly LogLine[]> =>
      collect(linesOf(here.target.logs(spec, { follow: false, ...options }, never)));
    async function run(job: ContractJob) {
      const bound = await submit(job);
      const last = (await observe(bound.spec, bound.uid)).at(-1);
      if (last?.kind !== 'ended') throw new Error(`it did not end: ${JSON.stringify(last)}`);
      return { ...bound, outcome: last.outcome, at: last.at };
    }

    describe('submit', () => {
      test('creates an attempt once: again, and from elsewhere, it is the same', async () => {
        const { spec, uid, kind } = await submit({ script: 'exit 0' });
        expect(kind).toBe('created');
        expect(await here.target.submit(spec)).toEqual({ kind: 'exists', uid });
        expect(await here.open().submit(spec)).toEqual({ kind: 'exists', uid });
        await observe(spec, uid);
        expect(await here.target.submit(spec)).toEqual({ kind: 'exists', uid });
      });

      test('gives each attempt an identity of its own', async () => {
        const first = await submit({ script: 'exit 0' });
        const second = await submit({ script: 'exit 0', attempt: 2 });
        expect(first.uid).not.toBe(second.uid);
      });

      test('refuses a name that is taken by other work', async () => {
        const { spec } = await submit({ script: 'exit 0', key: 'mine' });
        await expect(here.target.submit({ ...spec, key: 'theirs' })).rejects.toMatchObject({ code: 'name-taken' });
      });

      test('makes an attempt that goes on without the program that made it', async () => {
        const { spec, uid } = await submit({ script: 'sleep 0.3; echo done' });
        expect((await observe(spec, uid, here.open())).at(-1)).toMatchObject({
          kind: 'ended',
          outcome: { kind: 'succeeded' },
        });
      });
    });

    describe('observe', () => {
      test('tells the start and the end, with their times in order', async () => {
        const before = new Date(Date.now() - 1000).toISOString();
        const { spec, uid } = await submit({ script: 'sleep 0.1' });
        const seen = (await observe(spec, uid)).filter(({ kind }) => kind !== 'waiting');
        expect(seen.map(({ kind }) => kind)).toEqual(['started', 'ended']);
        const times = seen.flatMap((observation) => ('at' in observation ? [observation.at] : []));
        expect([before, ...times]).toEqual([before, ...times].sort());
      });

      test('begins with the present state, also when that is the end', async () => {
        const { spec, uid, outcome } = await run({ script: 'exit 3' });
        expect((await observe(spec, uid)).at(-1)).toMatchObject({ kind: 'ended', outcome });
      });

      test('says that an object is gone when it never was, or is another', async () => {
        const { spec } = await submit({ script: 'exit 0' });
        expect(await observe(spec, 'another-uid')).toEqual([{ kind: 'gone' }]);
        expect(await observe({ ...spec, attempt: 9 }, 'some-uid')).toEqual([{ kind: 'gone' }]);
      });

      test('ends when nobody wants to know any more, and the attempt goes on', async () => {
        const { spec, uid } = await submit({ script: 'sleep 0.5; echo done' });
        const enough = new AbortController();
        for await (const { kind } of here.target.observe(spec, uid, enough.signal)) {
          if (kind === 'started') enough.abort();
        }
        expect((await observe(spec, uid)).at(-1)).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
      });
    });

    describe('peek', () => {
      test('says what runs, and what has ended although nobody watched', async () => {
        const script = 'echo up; while :; do sleep 0.1; done';
        const { spec, uid } = await submit({ script, grace: 1 });
        for await (const { text } of linesOf(here.target.logs(spec, { follow: true }, never))) if (text === 'up') break;
        expect(await here.open().peek(spec, uid)).toMatchObject({ kind: 'started', at: expect.any(String) });
        await here.target.terminate(spec, uid);
        const last = (await observe(spec, uid)).at(-1);
        expect(await here.open().peek(spec, uid)).toEqual(last);
      });

      test('tells the outcome that watching tells', async () => {
        const { spec, uid, outcome } = await run({ script: 'exit 3' });
        expect(await here.open().peek(spec, uid)).toMatchObject({ kind: 'ended', outcome });
      });

      test('finds what was submitted by one who could not record it', async () => {
        const spec = await here.spec({ script: 'exit 0' });
        expect(await here.target.peek(spec, undefined)).toEqual({ kind: 'gone' });
        const { uid } = await submit({ script: 'exit 0' });
        await observe(spec, uid);
        expect(await here.open().peek(spec, undefined)).toMatchObject({ kind: 'ended' });
        expect(await here.open().peek(spec, 'another-uid')).toEqual({ kind: 'gone' });
      });
    });

    describe('an outcome', () => {
      test('of a plain stage is everything below its artifacts', async () => {
        const { outcome } = await run({ script: 'printf hello >"$ILAB_CONTENT/artifacts/text"' });
        expect(outcome).toEqual({
          kind: 'succeeded',
          result: {
            version: 1,
            metrics: {},
            artifacts: [
              { name: 'artifacts', path: '.', ...(here.unknown?.includes('contents') === true ? UNREAD : READ) },
            ],
          },
        });
      });

      test.each([
        { script: 'exit 1', outcome: { class: 'user', reason: 'exit', exitCode: 1 } },
        { script: 'exit 64', outcome: { class: 'user', reason: 'bad-input', exitCode: 64 } },
        { script: 'exit 75', outcome: { class: 'infra', reason: 'try-again', exitCode: 75 } },
        { script: 'exec no-such-program', outcome: { class: 'config', reason: 'cannot-start', exitCode: 127 } },
      ])('of `$script` says whose fault it is', async ({ script, outcome: expected }) => {
        const { outcome } = await run({ script });
        expect(outcome).toMatchObject({ kind: 'failed', message: expect.stringMatching(/./), ...expected });
      });

      test('of a stage that takes too long is its deadline', async () => {
        const { outcome } = await run({ script: 'exec sleep 600', deadline: 1, grace: 1 });
        expect(outcome).toMatchObject({ kind: 'failed', class: 'user', reason: 'deadline' });
      });
    });

    describe('terminate', () => {
      const patient = 'trap "echo saved; exit 0" TERM; echo up; while :; do sleep 60 & wait; done';
      async function up(spec: AttemptSpec): Promise<void> {
        for await (const { text } of linesOf(here.target.logs(spec, { follow: true }, never)))
          if (text === 'up') return;
      }

      test('lets a stage save what it has, and its outcome is cancelled', async () => {
        const { spec, uid } = await submit({ script: patient });
        // Whoever drives it reads its log meanwhile; what nobody reads goes with what wrote it.
        const observed = observe(spec, uid);
        await up(spec);
        await here.target.terminate(spec, uid);
        await here.open().terminate(spec, uid);
        expect((await observed).at(-1)).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
        // Where the log goes with what wrote it, a sentence may say that its end cannot be proven.
        const said = (await read(spec)).filter(({ marker }) => marker === undefined);
        expect(said.map(({ text }) => text)).toEqual(['up', 'saved']);
      });

      test('does not wait for ever', async () => {
        const { spec, uid } = await submit({ script: 'trap "" TERM; echo up; while :; do sleep 1; done', grace: 1 });
        await up(spec);
        await here.target.terminate(spec, uid);
        expect((await observe(spec, uid)).at(-1)).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
      });

      test('changes nothing that has ended', async () => {
        const { spec, uid, outcome } = await run({ script: 'exit 0' });
        await here.target.terminate(spec, uid);
        expect((await observe(spec, uid)).at(-1)).toMatchObject({ outcome });
      });
    });

    describe('logs', () => {
      const script = 'echo 1; echo 2 >&2; sleep 0.1; echo 3; printf 4';

      test('are complete when the end is told: each line once, stamped, in order', async () => {
        const { spec } = await run({ script: 'n=0; while [ $n -lt 500 ]; do n=$((n + 1)); echo "line $n"; done' });
        const lines = await read(spec);
        expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 500 }, (_, index) => `line ${index + 1}`));
        expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).toSorted());
      });

      test('know their stream and container', async () => {
        const { spec } = await run({ script });
        const lines = await read(spec);
        const streams = here.unknown?.includes('streams') === true ? [] : ['stdout', 'stderr', 'stdout', 'stdout'];
        expect(lines.toSorted(byText).map(({ container, stream, text }) => [container, stream, text])).toEqual(
          ['1', '2', '3', '4'].map((text, index) => ['main', streams[index], text]),
        );
      });

      test('can be followed to the end', async () => {
        const { spec } = await submit({ script });
        const lines = await collect(linesOf(here.target.logs(spec, { follow: true }, never)));
        expect(lines.toSorted(byText).map(({ text }) => text)).toEqual(['1', '2', '3', '4']);
      });

      test('can be cut: the last lines, from a time on, of one container', async () => {
        const { spec } = await run({ script: 'echo 1; echo 2; sleep 0.1; echo 3; printf 4' });
        expect((await read(spec, { tail: 1 })).map(({ text }) => text)).toEqual(['4']);
        const lines = await read(spec);
        for (const { time } of lines)
          expect(await read(spec, { since: time })).toEqual(lines.filter((line) => line.time >= time));
        expect(await read(spec, { container: 'another' })).toEqual([]);
      });

      test('of nothing are empty', async () => {
        expect(await read(await here.spec({ script }))).toEqual([]);
      });
    });

    describe('what is over', () => {
      test('can be cleaned more than once, and keeps its log', async () => {
        const { spec, uid } = await run({ script: 'echo kept' });
        await here.target.clean(spec, uid);
        await here.target.clean(spec, uid);
        expect((await read(spec)).map(({ text }) => text)).toEqual(['kept']);
      });

      test('is not cleaned while it goes on, nor by another identity', async () => {
        const { spec, uid } = await submit({ script: 'sleep 0.3; printf x >"$ILAB_CONTENT/artifacts/x"' });
        await here.target.clean(spec, uid);
        await here.target.clean(spec, 'another-uid');
        expect((await observe(spec, uid)).at(-1)).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
      });

      test('can be removed more than once, and its name is free again', async () => {
        const { spec, uid } = await run({ script: 'echo gone' });
        await here.target.remove(spec);
        await here.target.remove(spec);
        expect(await observe(spec, uid)).toEqual([{ kind: 'gone' }]);
        expect(await read(spec)).toEqual([]);
        expect(await here.target.submit({ ...spec, key: 'another' })).toMatchObject({ kind: 'created' });
      });
    });

    describe('check', () => {
      test('takes what it would run', async () => {
        const spec = await here.spec({ script: 'exit 0' });
        expect(await here.target.check(spec)).toMatchObject({ notEnforced: expect.any(Array) });
      });

      test('refuses a field that nobody knows, and creates nothing', async () => {
        const spec = await here.spec({ script: 'exit 0', container: { comand: ['x'] } });
        await expect(here.target.check(spec)).rejects.toMatchObject({
          exitCode: 2,
          message: expect.stringContaining('comand'),
        });
        expect(await observe(spec, 'some-uid')).toEqual([{ kind: 'gone' }]);
      });
    });
  });
}

const READ = { digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), size: 5 };
/** Named by who made it: nothing that another attempt made is ever taken for it. */
const UNREAD = { digest: expect.stringMatching(/^attempt:.+$/), size: 0 };

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function byText(a: LogLine, b: LogLine): number {
  return a.text.localeCompare(b.text);
}
