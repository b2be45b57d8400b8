import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What came back of one request. */
export type Answer =
  /** `wait`: what the `retry-after` header says, as it is. */
  | { readonly kind: 'status'; readonly status: number; readonly wait?: string }
  /** Nobody knows whether it arrived. */
  | { readonly kind: 'silence'; readonly reason: string };

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first byte of the request to the head of its answer. */
  readonly answerSeconds: number;
  /** Where proxies are named: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Sends one request on a connection of its own and looks at the head of the answer: what it says besides is not read, and it is
 * not followed anywhere. Rejects with nothing.
 */
export async function post({ url, headers, body, answerSeconds, env, signal }: PostOptions): Promise<Answer> {
  const late = AbortSignal.timeout(answerSeconds * 1000);
  const isSafe = url.protocol === 'https:';
  const agent = isSafe ? new HttpsAgent({ proxyEnv: env }) : new HttpAgent({ proxyEnv: env });
  try {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent,
      signal: AbortSignal.any([signal, late]),
    };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (isSafe ? httpsRequest : httpRequest)(url, options);
      request.once('response', resolve).on('error', reject).end(body);
    });
    answer.on('error', () => undefined).destroy();
    const { statusCode = 0, headers: told } = answer;
    const wait = told['retry-after'];
    return { kind: 'status', status: statusCode, ...(wait === undefined ? {} : { wait }) };
  } catch (error) {
    const reason = late.aborted ? `no answer within ${answerSeconds} s` : `no connection (${codeOf(error)})`;
    return { kind: 'silence', reason };
  } finally {
    agent.destroy();
  }
}

/** Its code alone: the message may hold the address. */
function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { readonly code?: unknown; readonly errors?: unknown };
  if (typeof code === 'string') return code;
  // Several addresses were tried.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : 'no reason given';
}
