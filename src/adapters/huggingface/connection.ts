import { UserError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Asked, asUserError } from './hub-fault.ts';

/** Which hub, and as whom. */
export interface HubOptions {
  /** `HF_ENDPOINT`: a mirror; absent = the public hub. */
  readonly endpoint?: string;
  /** `HF_TOKEN`; absent = only what is public. */
  readonly token?: string;
}

/** How long a hub that is away or busy is waited for. */
export interface HubPatience {
  readonly clock: Clock;
  /** Seconds that one outage may last; 0 = nothing is asked again. */
  readonly seconds: number;
  /** Seconds without a byte sent and without an answer, after which a request counts as lost. */
  readonly answerSeconds: number;
  /** Told once an outage, with a sentence for people. */
  readonly onWait: (sentence: string) => void;
}

/** A hub that is spoken with. */
export interface Connection {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly host: string;
  readonly token: string | undefined;
  readonly patience: HubPatience;
  /** An outage of which was told already. */
  outage: { isTold: boolean };
}

/** The hub that a mirror speaks of in its answers. */
export const PUBLIC_HUB = 'https://huggingface.co';

/** Speaks to nobody yet. Throws `bad-input` for an address or a token that cannot be one; the message shows neither. */
export function connect({ endpoint = '', token = '' }: HubOptions, patience: HubPatience): Connection {
  const address = endpoint.trim() === '' ? PUBLIC_HUB : endpoint.trim().replace(/\/+$/, '');
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new UserError('bad-input', 'HF_ENDPOINT is not the address of a hub', {
      hint: `give it as ${PUBLIC_HUB}, without a name or password in it`,
    });
  const given = token.trim();
  // A header with a line break in it would be refused by an error that shows it.
  if (given !== '' && !/^hf_[\x21-\x7e]+$/.test(given))
    throw new UserError('bad-input', 'the token in HF_TOKEN is not one of Hugging Face', {
      hint: 'it begins with hf_ and has no blanks in it',
    });
  return {
    endpoint: address,
    host: url.host,
    token: given === '' ? undefined : given,
    patience,
    outage: { isTold: false },
  };
}

/** What the SDK takes of it. */
export function sdkOptions({ endpoint, token }: Connection) {
  return { hubUrl: endpoint, ...(token === undefined ? {} : { accessToken: token }) };
}

/** Does `work`; its faults become those of whoever asked. */
export async function asking<T>(
  connection: Connection,
  what: { readonly repo: string; readonly revision?: string },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    throw passedOn(error, connection, what, signal);
  }
}

/** The same for what comes bit by bit. */
export async function* listing<T>(
  connection: Connection,
  what: { readonly repo: string; readonly revision?: string },
  signal: AbortSignal,
  work: () => AsyncIterable<T>,
): AsyncIterable<T> {
  signal.throwIfAborted();
  try {
    yield* work();
  } catch (error) {
    throw passedOn(error, connection, what, signal);
  }
}

function passedOn(
  error: unknown,
  { endpoint, host, token }: Connection,
  what: { readonly repo: string; readonly revision?: string },
  signal: AbortSignal,
): unknown {
  if (signal.aborted) return signal.reason;
  const asked: Asked = { endpoint, host, hasToken: token !== undefined, ...what };
  return asUserError(error, asked);
}
