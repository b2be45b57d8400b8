import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** Bytes, as Standard Webhooks asks. */
const SHORTEST = 24;
const LONGEST = 64;

/** The key in a secret of the form `whsec_` and base64; undefined for any other text. */
export function signingKey(secret: string): Buffer | undefined {
  const text = secret.trim();
  if (!text.startsWith(PREFIX)) return undefined;
  const encoded = text.slice(PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, 'base64');
  return key.length < SHORTEST || key.length > LONGEST ? undefined : key;
}

/** The headers of a message, as Standard Webhooks has them; `seconds` since 1970, when it is sent. */
export function signedHeaders(
  key: Buffer,
  id: string,
  seconds: number,
  body: string,
): Readonly<Record<string, string>> {
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}
