import { type Connection, PUBLIC_HUB } from './connection.ts';
import { faultOf, HubFault, networkFault, saying } from './hub-fault.ts';
import { PublishedFile } from './published-file.ts';

const FIRST_PAUSE_S = 0.5;
const LONGEST_PAUSE_S = 30;

/** How one request is made. */
export interface RequestManner<T> {
  readonly signal: AbortSignal;
  /** Something that must not happen twice: asked again only where it certainly did nothing. */
  readonly isOnce?: boolean;
  /** Told how many bytes of a file were sent; less than 0 where they have to be sent again. */
  readonly onBytes?: (bytes: number) => void;
  /** Takes what is needed of a good answer; while it reads, the answer can still be lost and asked for again. */
  readonly read: (response: Response) => Promise<T>;
}

/** Asks until there is an answer, as long as patience lasts. Throws a `HubFault`, or the reason of the signal. */
export async function ask<T>(
  connection: Connection,
  url: string,
  init: RequestInit,
  manner: RequestManner<T>,
): Promise<T> {
  const { clock, seconds, onWait } = connection.patience;
  let since: number | undefined;
  const here = hereOf(connection, url);
  for (let failures = 0; ; failures += 1) {
    manner.signal.throwIfAborted();
    try {
      const done = await askOnce(connection, here, init, manner);
      connection.outage = { isTold: false };
      return done;
    } catch (error) {
      manner.signal.throwIfAborted();
      if (!(error instanceof HubFault) || error.kind === 'refused') throw error;
      if (manner.isOnce === true && !error.isUndone) throw error;
      const now = clock.now().getTime();
      since ??= now;
      const left = seconds - (now - since) / 1000;
      const wanted = error.retryAfterS ?? Math.min(FIRST_PAUSE_S * 2 ** failures, LONGEST_PAUSE_S);
      if (left <= 0 || (error.retryAfterS ?? 0) > left) throw error;
      if (!connection.outage.isTold) onWait(`${error.message}: asking again for up to ${Math.round(left)} s`);
      connection.outage = { isTold: true };
      await clock.sleep(Math.min(wanted, left), manner.signal);
    }
  }
}

/** What the SDK calls instead of `fetch`: patient, and with answers that have arrived whole. */
export function patientFetch(
  connection: Connection,
  manner: Omit<RequestManner<Response>, 'read'>,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  return (input, init = {}) =>
    ask(connection, input instanceof Request ? input.url : String(input), init, { ...manner, read: whole });
}

/** A mirror's links to the next page, and to where parts are put together, are those of the public hub. */
function hereOf({ endpoint }: Connection, url: string): string {
  return url.startsWith(`${PUBLIC_HUB}/`) ? `${endpoint}${url.slice(PUBLIC_HUB.length)}` : url;
}

async function whole(response: Response): Promise<Response> {
  const { status, headers } = response;
  const bytes = await response.arrayBuffer();
  return new Response(bytes.byteLength === 0 ? null : bytes, { status, headers });
}

async function askOnce<T>(
  connection: Connection,
  url: string,
  { signal: given, ...init }: RequestInit,
  { signal, onBytes, read }: RequestManner<T>,
): Promise<T> {
  const { host, token } = connection;
  const { answerSeconds } = connection.patience;
  const isHub = new URL(url).origin === new URL(connection.endpoint).origin;
  const headers = new Headers(init.headers);
  // A link to the next page may lead elsewhere; what is secret does not.
  if (!isHub) headers.delete('authorization');
  const lost = new AbortController();
  const giveUp = () => lost.abort(new HubFault('away', `${host} gave no answer in ${answerSeconds} s`));
  const timer = setTimeout(giveUp, answerSeconds * 1000);
  let sent = 0;
  let isLost = false;
  const count = (bytes: number) => {
    if (isLost) return; // `fetch` may go on with the body for a moment after it has ended
    timer.refresh();
    sent += bytes;
    onBytes?.(bytes);
  };
  const file = init.body instanceof PublishedFile ? init.body : undefined;
  try {
    const response = await fetch(url, {
      ...init,
      headers,
      ...(file === undefined ? {} : { body: file.watched(count) }),
      signal: AbortSignal.any([signal, lost.signal, ...(given instanceof AbortSignal ? [given] : [])]),
    });
    timer.refresh();
    const isStorage = !isHub || init.method === 'PUT';
    if (!response.ok) throw faultOf(response, host, isStorage ? undefined : await textOf(response, token));
    return await read(response);
  } catch (error) {
    isLost = true;
    onBytes?.(-sent);
    if (file?.changed !== undefined) throw file.changed;
    if (lost.signal.aborted) throw lost.signal.reason;
    // Ended by whoever asked; what is thrown says so.
    if (given?.aborted === true || signal.aborted) throw error;
    if (error instanceof HubFault || !(error instanceof TypeError)) throw error;
    throw networkFault(error, host);
  } finally {
    clearTimeout(timer);
  }
}

/** What stands in `error` of an answer, or the beginning of its text. */
async function textOf(response: Response, token: string | undefined): Promise<string> {
  const text = await response.text().catch(() => '');
  if (response.headers.get('content-type')?.includes('html') === true) return '';
  return saying(errorIn(text) ?? text, token);
}

function errorIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if ('error' in value && typeof value.error === 'string') return value.error;
    return 'message' in value && typeof value.message === 'string' ? value.message : undefined;
  } catch {
    return undefined;
  }
}
