import type { Writable } from 'node:stream';
import type { RunEvent } from '../domain/event.ts';
import { type TypedPlace, withPlace } from '../domain/typed-place.ts';
import { LineSink } from './line-sink.ts';
import type { EventSubscriber } from './subscriber.ts';
import { printableJson } from './text/printable-json.ts';

/** The version of the event stream; it rises when a reader of the old one would misunderstand the new one. */
const EVENT_STREAM_VERSION = 1;

/**
 * Writes each event as one line of JSON (docs/events.md). No event is held back or dropped for a slow reader, but of
 * progress that nobody has read yet only the newest figure of each attempt is kept.
 */
export function createJsonSubscriber(options: {
  readonly stream: Writable;
  readonly place?: TypedPlace;
}): EventSubscriber {
  const sink = new LineSink(options.stream);
  let first = true;
  return {
    event(event: RunEvent): void {
      const told = event.type === 'run-ended' ? withPlaces(event, options.place) : event;
      const line = printableJson(first ? { version: EVENT_STREAM_VERSION, ...told } : told);
      first = false;
      const replaces = event.type === 'attempt-progress' ? `${event.stage}/${event.attempt}` : undefined;
      sink.write(`${line}\n`, replaces);
    },
    close: () => sink.close(),
  };
}

/** The commands in it find the run, as those that people are told. */
function withPlaces(event: RunEvent & { readonly type: 'run-ended' }, place: TypedPlace | undefined): RunEvent {
  const next = event.next === undefined ? {} : { next: withPlace(event.next, place) };
  const after = event.after === undefined ? {} : { after: event.after.map((line) => withPlace(line, place)) };
  return { ...event, message: withPlace(event.message, place), ...next, ...after };
}
