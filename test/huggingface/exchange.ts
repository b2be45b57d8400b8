import type { IncomingMessage } from 'node:http';
import type { HubState, TokenOwner } from './hub-state.ts';
import { Refused } from './refused.ts';

/** One request with what is known of it. */
export interface Exchange {
  readonly state: HubState;
  readonly request: IncomingMessage;
  /** With the address that the client used. */
  readonly url: URL;
  /** The groups of the route, decoded. */
  readonly groups: Readonly<Record<string, string>>;
  /** Undefined without a token. */
  readonly owner: TokenOwner | undefined;
  /** Undefined = as it comes. */
  readonly pace: Pace | undefined;
}

/** What is sent is read with so many pauses of so many seconds, one after every so many bytes. */
export interface Pace {
  readonly bytes: number;
  readonly pauses: number;
  readonly seconds: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | { readonly file: string; readonly size: number };
}

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (exchange: Exchange) => Promise<Answer> | Answer;
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(value) };
}

export async function bodyOf(exchange: Exchange): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of exchange.request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export async function jsonOf(exchange: Exchange): Promise<unknown> {
  return JSON.parse((await bodyOf(exchange)).toString('utf8'));
}

export function repoOf({ groups }: Exchange): string {
  return groups['repo'] ?? '';
}

export function revisionOf({ groups }: Exchange): string {
  return groups['revision'] ?? 'main';
}

export function ownerOf({ owner }: Exchange): TokenOwner {
  if (owner === undefined) throw new Refused(401, 'Invalid username or password.');
  return owner;
}

/** One page, and where the next one is. `cursor` is a number of entries here; to a client it is opaque. */
export function page<T>({ url, state }: Exchange, all: readonly T[], size: number): Answer {
  const limit = Math.min(size, Number(url.searchParams.get('limit') ?? size));
  const from = Number(url.searchParams.get('cursor') ?? 0);
  if (from + limit >= all.length) return json(all.slice(from));
  const next = new URL(url);
  next.searchParams.set('cursor', String(from + limit));
  const link = `${state.linksTo ?? next.origin}${next.pathname}${next.search}`;
  return json(all.slice(from, from + limit), { link: `<${link}>; rel="next"` });
}
