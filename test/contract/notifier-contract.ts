import { describe, expect, test } from 'vitest';
import type { Notification } from '../../src/domain/notification.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import type { Reply } from '../fakes/memory-notifier.ts';

export const MESSAGE: Notification = {
  id: 'run_0197b1c2_done_1',
  kind: 'done',
  body: { version: 1, type: 'run.done', timestamp: '2026-01-05T10:00:00.000Z', data: { message: 'weekly-47 is done' } },
};

/** A notifier and the receiver it sends to. */
export interface NotifierWorld {
  readonly notifier: Notifier;
  /** The ids of all requests so far. */
  readonly asked: () => readonly string[];
  /** Fires once a request waits for an answer that does not come. */
  readonly unanswered: Promise<void>;
}

/** What the actions rely on, of the real notifier and of the fake. */
export function notifierContract(name: string, open: (replies: readonly Reply[]) => Promise<NotifierWorld>): void {
  describe(`the contract of a notifier: ${name}`, () => {
    const never = new AbortController().signal;

    test('a message is taken once', async () => {
      const { notifier, asked } = await open([]);
      expect(await notifier.send(MESSAGE, never)).toEqual({ kind: 'taken' });
      expect(asked()).toEqual([MESSAGE.id]);
    });

    test('a receiver that is away is asked again, with the same id', async () => {
      const { notifier, asked } = await open([500, 503]);
      expect(await notifier.send(MESSAGE, never)).toEqual({ kind: 'taken' });
      expect(asked()).toEqual([MESSAGE.id, MESSAGE.id, MESSAGE.id]);
    });

    test('one that refuses is not', async () => {
      const { notifier, asked } = await open([400]);
      expect(await notifier.send(MESSAGE, never)).toEqual({ kind: 'refused', reason: 'it answered 400' });
      expect(asked()).toHaveLength(1);
    });

    test('one that does not answer is waited for until the signal fires', async () => {
      const { notifier, unanswered } = await open(['silence']);
      const over = new AbortController();
      const sent = notifier.send(MESSAGE, over.signal);
      await unanswered;
      over.abort();
      expect(await sent).toEqual({ kind: 'unsent', reason: 'no answer in time' });
    });

    test('it names its place without what may be secret', async () => {
      expect((await open([])).notifier.place).toMatch(/^https?:\/\/[^/@?]+$/);
    });
  });
}
