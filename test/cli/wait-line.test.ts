import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PlanDeps } from '../../src/actions/deps.ts';
import type { Output } from '../../src/cli/context.ts';
import { telling, tellingDeps } from '../../src/cli/wait-line.ts';
import { FakeWorld } from '../fakes/story.ts';
import { Sheet, Terminal } from './terminal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What stands in stderr at each moment, when something is waited for twice for `ms`. */
async function told(change: Partial<Output>, ms: number): Promise<readonly string[]> {
  const sheet = new Sheet();
  const stderr = { ...sheet, isTTY: true, write: (text: string) => sheet.write(text), ...change } as Output;
  const seen: string[] = [];
  await telling(new Terminal().context({ stderr }), async (at) => {
    for (const what of ['one', 'another, with a long name']) {
      at(what);
      await vi.advanceTimersByTimeAsync(ms);
      seen.push(sheet.text);
    }
  });
  return [...seen, sheet.text];
}

test('what takes longer than a second is said, and taken back before the result', async () => {
  const [first, second, end] = await told({ columns: 12 }, 700);
  expect(first).toBe('');
  expect(second).toBe('\r\u001b[Kanother, w…');
  expect(end).toBe(`${second}\r\u001b[K`);
});

test('what follows a long step is said at once', async () => {
  const [first, second] = await told({}, 1500);
  expect([first, second?.slice(first?.length)]).toEqual(['\r\u001b[Kone', '\r\u001b[Kanother, with a long name']);
});

test('nothing where it was quick, where nobody sees it, and where it could not be taken back', async () => {
  expect(await told({}, 400)).toEqual(['', '', '']);
  expect(await told({ isTTY: false }, 1500)).toEqual(['', '', '']);
  expect(await told({ isDumb: true }, 1500)).toEqual(['', '', '']);
});

test('data is named while it is read', async () => {
  const said: string[] = [];
  const deps = new FakeWorld([], () => undefined).deps();
  const pin: PlanDeps['sources']['pin'] = async () => {
    said.push('pins');
    return { kind: 'builtin', name: 'x' } as const;
  };
  const telled = tellingDeps<PlanDeps>({ ...deps, sources: { ...deps.sources, pin } }, (what) => said.push(what));
  await telled.sources.pin({ input: 'data', location: '/photos', builtin: [] }, new AbortController().signal);
  expect(said).toEqual(['reading /photos', 'pins', `looking what ${deps.store.place} has`]);
});
