import { UserError } from '../../domain/errors.ts';
import type { RunEvent } from '../../domain/event.ts';
import {
  type Notification,
  type NotifySettings,
  notificationOf,
  stoppedNotification,
} from '../../domain/notification.ts';
import type { Delivery, Notifier } from '../../ports/notifier.ts';
import { type Deps, timestamp } from '../deps.ts';
import type { RunSession } from './run-session.ts';

/** Seconds that the end of a run waits for messages that are on their way, and for whoever was told to stop. */
const END_PATIENCE_S = 10;
const INTERRUPTED_PATIENCE_S = 2;
/** Of a bug of ours. */
const BUG_EXIT_CODE = 70;

/** A driver whose events people are told of. */
export interface Told<T> {
  readonly session: RunSession;
  readonly settings: NotifySettings | undefined;
  readonly events: AsyncIterable<RunEvent>;
  /** Settles when no event follows. */
  readonly work: Promise<T>;
}

/**
 * Passes a driver's events on and sends messages beside, which nothing waits for but the end of the run, for some seconds.
 * What was taken is recorded, so that the next driver does not send it again. Returns or throws what `work` does.
 */
export async function* telling<T>(
  deps: Deps,
  { session, settings, events, work }: Told<T>,
  interrupt: AbortSignal,
): AsyncGenerator<RunEvent, T> {
  if (settings === undefined || deps.openNotifier === undefined) {
    yield* events;
    return work;
  }
  const opened = await deps.openNotifier(settings);
  if (opened.kind === 'absent') {
    const notice = warning(deps, session, `no message about this run can be sent: ${opened.reason}`);
    let isFirst = true;
    for await (const event of events) {
      yield event;
      if (isFirst) yield notice;
      isFirst = false;
    }
    return work;
  }
  const teller = new Teller(deps, session, settings, opened.notifier);
  let end: RunEvent | undefined;
  try {
    for await (const event of events) {
      teller.hear(notificationOf(event, session.record));
      if (event.type === 'run-ended') end = event;
      else yield event;
    }
    const fault = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (fault !== undefined) teller.hear(stoppedNotification(session.record, timestamp(deps.clock), asEnd(fault)));
    if (fault !== undefined || end !== undefined)
      yield* teller.settle(interrupt.aborted ? INTERRUPTED_PATIENCE_S : END_PATIENCE_S);
    if (end !== undefined) yield end;
    return await work;
  } finally {
    teller.stop();
  }
}

function asEnd(fault: unknown): { readonly exitCode: number; readonly message: string } {
  // What a bug says may hold anything.
  if (!(fault instanceof UserError)) return { exitCode: BUG_EXIT_CODE, message: 'the driver ended by a bug' };
  const [message = ''] = fault.message.split('\n', 1);
  return { exitCode: fault.exitCode, message };
}

function warning(deps: Deps, session: RunSession, message: string): RunEvent {
  return { type: 'notice', time: timestamp(deps.clock), run: session.record.name, level: 'warning', message };
}

/** Sends the messages of one driver. */
class Teller {
  readonly #deps: Deps;
  readonly #session: RunSession;
  readonly #settings: NotifySettings;
  readonly #notifier: Notifier;
  readonly #over = new AbortController();
  readonly #heard = new Set<string>();
  readonly #sent: Promise<void>[] = [];
  readonly #unsent: { readonly kind: string; readonly reason: string }[] = [];

  constructor(deps: Deps, session: RunSession, settings: NotifySettings, notifier: Notifier) {
    this.#deps = deps;
    this.#session = session;
    this.#settings = settings;
    this.#notifier = notifier;
  }

  hear(message: Notification | undefined): void {
    if (message === undefined || this.#heard.has(message.id) || !this.#isWanted(message)) return;
    this.#heard.add(message.id);
    if (this.#session.record.notified?.includes(message.id) !== true) this.#sent.push(this.#send(message));
  }

  /** Waits for what is on its way, for so long at most; yields one notice of what was not taken. */
  async *settle(seconds: number): AsyncGenerator<RunEvent, void> {
    const arrived = new AbortController();
    const limit = this.#deps.clock.sleep(seconds, arrived.signal).then(
      () => this.#over.abort(),
      () => undefined,
    );
    await Promise.all(this.#sent);
    arrived.abort();
    await limit;
    const [first] = this.#unsent;
    if (first === undefined) return;
    const kinds = this.#unsent.map(({ kind }) => `run.${kind}`).join(', ');
    const message = `${this.#notifier.place} did not take ${kinds}: ${first.reason}`;
    yield warning(this.#deps, this.#session, message);
  }

  /** What is still on its way is left. */
  stop(): void {
    this.#over.abort();
  }

  #isWanted({ kind }: Notification): boolean {
    return kind !== 'test' && this.#settings.on.includes(kind);
  }

  async #send(message: Notification): Promise<void> {
    const delivery = await this.#deliver(message);
    if (delivery.kind === 'taken') await this.#record(message.id);
    else this.#unsent.push({ kind: message.kind, reason: delivery.reason });
  }

  /** Whatever goes wrong here must not end a run. */
  async #deliver(message: Notification): Promise<Delivery> {
    try {
      return await this.#notifier.send(message, this.#over.signal);
    } catch {
      return { kind: 'unsent', reason: 'a bug kept it from being sent' };
    }
  }

  /** Where that cannot be written it is sent again some day, with the same id. */
  async #record(id: string): Promise<void> {
    await this.#session
      .commit((record) => ({ ...record, notified: [...new Set([...(record.notified ?? []), id])] }))
      .catch(() => undefined);
  }
}
