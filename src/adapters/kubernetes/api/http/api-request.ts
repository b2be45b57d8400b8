import type { Effect } from './classify.ts';
import type { Outgoing } from './exchange.ts';

/** One request to the API, before it is known over which connection and as whom it goes. */
export interface ApiRequest {
  /** `create jobs "x" in namespace "y"`, for messages. */
  readonly text: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly effect: Effect;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Outgoing['body'];
  /** Streams have connections of their own, so that no call waits for them. */
  readonly stream?: boolean;
  /** Milliseconds until the head of the answer; absent = as usual for its effect. */
  readonly headersWithin?: number;
  /** Milliseconds until its end; absent = for ever. */
  readonly within?: number;
}

/** JSON as a body. */
export function jsonBody(value: unknown): Pick<ApiRequest, 'headers' | 'body'> {
  const body = Buffer.from(JSON.stringify(value));
  return { body, headers: { 'content-type': 'application/json', 'content-length': String(body.length) } };
}
