import type { Writable } from 'node:stream';
import type { RunEvent } from '../domain/event.ts';
import { LineSink } from './line-sink.ts';
import type { EventSubscriber } from './subscriber.ts';
import { printableJson } from './text/printable-json.ts';

/** The version of the event stream; it rises when a reader of the old one would misunderstand the new one. */
const EVENT_STREAM_VERSION = 1;

/**
 * Writes each event as one line of JSON (docs/events.md). No event is held back or dropped for a slow reader, but of
 * progress that nobody has read yet only the newest figure of each attempt is kept.
 */
export function createJsonSubscriber(options: { readonly stream: Writable }): EventSubscriber {
  const sink = new LineSink(options.stream);
  let first = true;
  return {
    event(event: RunEvent): void {
      const line = printableJson(first ? { version: EVENT_STREAM_VERSION, ...event } : event);
      first = false;
      const replaces = event.type === 'attempt-progress' ? `${event.stage}/${event.attempt}` : undefined;
      sink.write(`${line}\n`, replaces);
    },
    close: () => sink.close(),
  };
}
