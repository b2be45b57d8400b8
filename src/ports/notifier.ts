import type { Notification } from '../domain/notification.ts';

/** Tells somebody outside of a run. */
export interface Notifier {
  /** Where it sends to, for people: no path, user or query. */
  readonly place: string;
  /** Tries until the message is taken or refused, or `signal` fires. Throws nothing but bugs. */
  send(message: Notification, signal: AbortSignal): Promise<Delivery>;
}

/** What became of a message. */
export type Delivery =
  | { readonly kind: 'taken' }
  /** The receiver does not want it: it is not sent again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It was tried as long as it may; whether it arrived is not known. */
  | { readonly kind: 'unsent'; readonly reason: string };

/** A notifier, or why there is none. */
export type OpenedNotifier =
  | { readonly kind: 'ready'; readonly notifier: Notifier }
  | { readonly kind: 'absent'; readonly reason: string };
