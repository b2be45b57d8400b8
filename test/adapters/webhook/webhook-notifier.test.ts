import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { signingKey } from '../../../src/adapters/webhook/sign.ts';
import { createWebhookNotifier, type WebhookOptions } from '../../../src/adapters/webhook/webhook-notifier.ts';
import { MESSAGE, notifierContract } from '../../contract/notifier-contract.ts';
import { Receiver } from '../../fakes/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const never = new AbortController().signal;

/** Time passes as it is slept. */
function quickClock() {
  const slept: number[] = [];
  let skipped = 0;
  return {
    slept,
    now: () => new Date(Date.now() + skipped),
    sleep: async (seconds: number, signal: AbortSignal) => {
      slept.push(seconds);
      skipped += seconds * 1000;
      await new Promise((done) => setImmediate(done));
      signal.throwIfAborted();
    },
  };
}

async function listening(receiver: Receiver): Promise<string> {
  onTestFinished(() => receiver.close());
  return receiver.listen();
}

function notifierTo(url: string, options: Partial<WebhookOptions> = {}) {
  const key = signingKey(SECRET);
  if (key === undefined) throw new Error('no key');
  return createWebhookNotifier({
    ...{ url: new URL(url), key, env: {}, clock: quickClock(), userAgent: 'ilab-backend/test' },
    ...options,
  });
}

notifierContract('a webhook', async (replies) => {
  let wait: () => void = () => undefined;
  const unanswered = new Promise<void>((done) => {
    wait = done;
  });
  const receiver = new Receiver((answer, _, count) => {
    const reply = replies[count - 1] ?? 204;
    if (reply === 'silence') wait();
    else answer.writeHead(reply).end();
  });
  const notifier = notifierTo(`${await listening(receiver)}/hook`);
  const asked = () => receiver.received.map(({ headers }) => String(headers['webhook-id']));
  return { notifier, asked, unanswered };
});

test('what is sent is signed as the library of Standard Webhooks wants it, each time anew', async () => {
  const receiver = new Receiver((answer, _, count) => void answer.writeHead(count === 1 ? 500 : 200).end());
  const notifier = notifierTo(`${await listening(receiver)}/hook?token=t0ps3cret`);
  expect(await notifier.send(MESSAGE, never)).toEqual({ kind: 'taken' });
  expect(receiver.received).toHaveLength(2);
  for (const { headers, body, path } of receiver.received) {
    expect(path).toBe('/hook?token=t0ps3cret');
    const sent = headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(body, sent)).toEqual(MESSAGE.body);
    expect(() => new Webhook(SECRET).verify(`${body} `, sent)).toThrow();
    expect(headers).toMatchObject({
      'webhook-id': MESSAGE.id,
      'content-type': 'application/json',
      'user-agent': 'ilab-backend/test',
    });
  }
});

test.each([301, 302, 307, 308])('a redirect (%i) is followed nowhere', async (status) => {
  const elsewhere = new Receiver();
  const location = await listening(elsewhere);
  const receiver = new Receiver((answer) => void answer.writeHead(status, { location }).end());
  expect(await notifierTo(await listening(receiver)).send(MESSAGE, never)).toEqual({
    kind: 'refused',
    reason: `it sends on to another address (${status}), which is not followed`,
  });
  expect([receiver.received.length, elsewhere.received.length]).toEqual([1, 0]);
});

test.each([401, 404, 410, 413])('%i is final', async (status) => {
  const receiver = new Receiver((answer) => void answer.writeHead(status).end());
  expect(await notifierTo(await listening(receiver)).send(MESSAGE, never)).toMatchObject({ kind: 'refused' });
  expect(receiver.received).toHaveLength(1);
});

test('an answer without an end is read no further than its head', async () => {
  let broken: () => void = () => undefined;
  const brokenOff = new Promise<void>((done) => {
    broken = done;
  });
  const receiver = new Receiver((answer) => {
    const flood = (): void => {
      if (answer.write(Buffer.alloc(64 * 1024))) setImmediate(flood);
    };
    answer.on('drain', flood).on('close', broken).writeHead(200);
    flood();
  });
  expect(await notifierTo(await listening(receiver)).send(MESSAGE, never)).toEqual({ kind: 'taken' });
  await brokenOff;
});

test('a connection that breaks, and one that hangs, are tried again', async () => {
  const receiver = new Receiver((answer, asked, count) => {
    if (count === 1) asked.socket.resetAndDestroy();
    else if (count > 2) answer.writeHead(204).end();
  });
  const clock = quickClock();
  const notifier = notifierTo(await listening(receiver), { clock, answerSeconds: 1.5 });
  expect(await notifier.send(MESSAGE, never)).toEqual({ kind: 'taken' });
  expect(receiver.received).toHaveLength(3);
  expect(clock.slept).toEqual([1, 2]);
});

test('the receiver says when to come back, within bounds; else it is left twice as long each time', async () => {
  const waits = ['7', new Date(Date.now() + 60_000).toUTCString(), '100000', '0', 'soon'];
  const receiver = new Receiver((answer, _, count) => {
    const wait = waits[count - 1];
    if (wait === undefined) answer.writeHead(count === 6 ? 502 : 204).end();
    else answer.writeHead(429, { 'retry-after': wait }).end();
  });
  const clock = quickClock();
  expect(await notifierTo(await listening(receiver), { clock }).send(MESSAGE, never)).toEqual({ kind: 'taken' });
  const [first, date = 0, ...rest] = clock.slept;
  expect(first).toBe(7);
  expect(date).toBeGreaterThan(40);
  expect(date).toBeLessThanOrEqual(60);
  expect(rest).toEqual([600, 1, 16, 32]);
});

test('a message is old news some day, and nothing of the address is told', async () => {
  const receiver = new Receiver();
  const url = await listening(receiver);
  receiver.close();
  const notifier = notifierTo(url.replace('http://', 'http://ada:pa55word@').concat('/s3cret/path?token=t0ps3cret'));
  const delivery = await notifier.send(MESSAGE, never);
  expect(delivery).toEqual({ kind: 'unsent', reason: 'no connection (ECONNREFUSED)' });
  expect(notifier.place).toBe(url);
});

test('a real clock is not slept to its end', async () => {
  const over = new AbortController();
  const receiver = new Receiver((answer) => {
    answer.writeHead(500).end();
    setImmediate(() => over.abort());
  });
  const notifier = notifierTo(await listening(receiver), { clock: systemClock });
  expect(await notifier.send(MESSAGE, over.signal)).toMatchObject({ kind: 'unsent' });
});

test.each([
  'secret',
  'whsec_',
  'whsec_not base64',
  `whsec_${Buffer.alloc(23).toString('base64')}`,
  `whsec_${Buffer.alloc(65).toString('base64')}`,
])('%s is no secret to sign with', (text) => {
  expect(signingKey(text)).toBeUndefined();
});
