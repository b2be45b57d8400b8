import type { Notification } from '../../src/domain/notification.ts';
import type { Delivery, Notifier } from '../../src/ports/notifier.ts';

/** What a receiver does with one request: a status, or nothing at all. */
export type Reply = number | 'silence';

/** A receiver in memory; each request is answered by the next reply, and what comes after the last one is taken. */
export class MemoryNotifier implements Notifier {
  readonly place = 'https://hook.example.org';
  /** Every request, taken or not. */
  readonly asked: Notification[] = [];
  replies: readonly Reply[];

  constructor(replies: readonly Reply[] = []) {
    this.replies = replies;
  }

  async send(message: Notification, signal: AbortSignal): Promise<Delivery> {
    for (;;) {
      this.asked.push(message);
      const [reply = 204, ...rest] = this.replies;
      this.replies = rest;
      if (reply === 'silence') await new Promise<void>((done) => onAbort(signal, done));
      else if (reply < 300) return { kind: 'taken' };
      else if (reply < 500) return { kind: 'refused', reason: `it answered ${reply}` };
      await new Promise((done) => setImmediate(done));
      if (signal.aborted) return { kind: 'unsent', reason: 'no answer in time' };
    }
  }
}

function onAbort(signal: AbortSignal, done: () => void): void {
  if (signal.aborted) done();
  else signal.addEventListener('abort', done, { once: true });
}
