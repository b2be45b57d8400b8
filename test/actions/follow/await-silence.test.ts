import { expect, test } from 'vitest';
import { readProgress, type Said } from '../../../src/actions/follow/read-progress.ts';
import type { AttemptRef, LogLine, LogOptions, Target } from '../../../src/ports/target.ts';
import { ManualClock } from '../../fakes/memory-cluster/manual-clock.ts';

const ref = { run: 'weekly-1', stage: 'one', attempt: 1 } as unknown as AttemptRef;
const never = new AbortController().signal;

/** A log that a clock stamps; whoever follows gets lines only while the way to it is open. */
class Log {
  readonly clock = new ManualClock();
  /** How far the log's clock is behind ours. */
  behindMs = 0;
  open = true;
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();

  print(text: string): void {
    const time = new Date(this.clock.now() - this.behindMs).toISOString();
    this.#lines.push({ container: 'main', stream: 'stdout', time, text });
    this.wake();
  }

  wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async *#logs(options: LogOptions, signal: AbortSignal): AsyncGenerator<readonly LogLine[]> {
    if (!options.follow) {
      yield this.#lines.slice(-(options.tail ?? this.#lines.length));
      return;
    }
    for (let given = 0; !signal.aborted; ) {
      const lines = this.open ? this.#lines.slice(given) : [];
      given += lines.length;
      if (lines.length > 0) yield lines;
      else await this.#change(signal);
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  get target(): Target {
    return {
      logs: (_: unknown, options: LogOptions, signal: AbortSignal) => this.#logs(options, signal),
    } as unknown as Target;
  }

  /** Follows it and collects the warnings. */
  follow(): { readonly warned: Said[]; readonly leave: () => Promise<void> } {
    const warned: Said[] = [];
    const over = new AbortController();
    const clock = {
      now: () => new Date(this.clock.now()),
      sleep: (seconds: number, signal: AbortSignal) => this.clock.sleep(seconds, signal),
    };
    const work = (async () => {
      for await (const said of readProgress(this.target, ref, { follow: true, clock }, over.signal)) {
        if (said.kind === 'warned') warned.push(said);
      }
    })();
    return {
      warned,
      leave: async () => {
        over.abort();
        await work;
      },
    };
  }

  /** Steps, a minute each. */
  async steps(first: number, last: number): Promise<void> {
    for (let step = first; step <= last; step += 1) {
      this.print(`ilab-progress: {"step":${step},"metrics":{"loss":1}}`);
      await this.clock.advance(60);
    }
  }
}

test.each([0, 3_600_000, -3_600_000])(
  'silence is told while it lasts, whatever the clocks say (%i ms behind)',
  async (behind) => {
    const log = new Log();
    log.behindMs = behind;
    const { warned, leave } = log.follow();
    await log.steps(1, 5);
    await log.clock.advance(8 * 60);
    expect(warned).toEqual([]);
    await log.clock.advance(2 * 60);
    expect(warned).toMatchObject([
      { warning: { kind: 'stall' }, time: new Date(Date.parse('2026-01-01T00:14:00Z') - behind).toISOString() },
    ]);
    await log.steps(6, 6);
    await log.clock.advance(60 * 60);
    expect(warned).toHaveLength(2);
    await leave();
  },
);

test('a way that is cut, or a machine that slept, makes no stall', async () => {
  const log = new Log();
  const { warned, leave } = log.follow();
  await log.steps(1, 5);
  log.open = false;
  await log.steps(6, 40);
  expect(warned).toEqual([]);
  log.open = true;
  log.wake();
  await log.clock.advance(0);
  await leave();
  expect(warned).toEqual([]);
});

test('who only reads is told of the silence that lines or the end of the attempt ended', async () => {
  const log = new Log();
  await log.steps(1, 5);
  const read = async (until?: string): Promise<readonly string[]> => {
    const said: string[] = [];
    const options = { follow: false, ...(until === undefined ? {} : { until }) };
    for await (const one of readProgress(log.target, ref, options, never)) {
      if (one.kind === 'warned') said.push(one.time);
    }
    return said;
  };
  expect(await read()).toEqual([]);
  expect(await read('2026-01-01T00:13:00Z')).toEqual([]);
  expect(await read('2026-01-01T02:00:00Z')).toEqual(['2026-01-01T00:14:00.000Z']);
});
