import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createHuggingFacePublisher } from '../../../src/adapters/huggingface/model-publisher.ts';
import { written } from '../../contract/model-publisher-contract.ts';
import type { FaultInput } from '../../huggingface/faults.ts';
import { hubOf } from '../../huggingface/hub-of.ts';
import { openPublisher as open, REPO } from '../../huggingface/publisher-room.ts';

const signal = new AbortController().signal;
const ignore = () => undefined;
const UNREACHABLE = { name: 'UserError', code: 'unreachable' };
const REFUSED = { name: 'UserError', code: 'bad-input' };

const BUSY: Record<string, FaultInput> = {
  'too many requests': { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  'its own word for too many requests': { kind: 'status', status: 429, headers: { ratelimit: '"api";r=0;t=0' } },
  'a gateway that has no hub': { kind: 'status', status: 503 },
  'a connection that is cut': { kind: 'cut' },
  'an answer that is lost': { kind: 'cut', isDone: true },
  'half an answer': { kind: 'cut-answer' },
};

for (const [name, fault] of Object.entries(BUSY)) {
  test(`${name}: what can be asked again is`, async (context) => {
    const { hub, publisher, said, head } = await open(context);
    for (const match of ['GET .*/revision/', 'GET .*/tree/', 'GET .*/commits/', 'GET .*/refs', 'whoami', 'resolve'])
      hub.faults.add({ match, fault });
    expect((await publisher.findRepository(REPO, signal))?.head).toBe(head);
    expect(await Array.fromAsync(publisher.files(REPO, 'main', signal))).toHaveLength(1);
    expect(await Array.fromAsync(publisher.commits(REPO, 'main', signal))).toHaveLength(1);
    expect(await publisher.findTag(REPO, 'no', signal)).toBeUndefined();
    expect(await publisher.rights(REPO, signal)).toMatchObject({ mayWrite: true });
    expect(await publisher.readText(REPO, 'main', '.gitattributes', signal)).toContain('safetensors');
    expect(said).toHaveLength(6);
    expect(said[0]).toMatch(/^127\.0\.0\.1:\d+ .*: asking again for up to 20 s$/);
  });

  test(`${name}: what is made is made once`, async (context) => {
    const { hub, publisher, head } = await open(context);
    hub.faults.add({ match: 'POST /api/repos/create', fault });
    await publisher.createRepository('ada/second', { isPrivate: true }, signal);
    expect(await publisher.findRepository('ada/second', signal)).toMatchObject({ isPrivate: true });
    hub.faults.add({ match: 'POST .*/tag/', fault });
    await publisher.createTag(REPO, { name: 'v1', oid: head, message: 'm' }, signal);
    expect(await publisher.findTag(REPO, 'v1', signal)).toBe(head);
  });
}

const UNKNOWN: Record<string, FaultInput> = {
  'an answer that is lost': { kind: 'cut', isDone: true },
  'half an answer': { kind: 'cut-answer' },
  'a connection that is cut': { kind: 'cut' },
  'an error of the server after the work was done': { kind: 'status', status: 500, isDone: true },
  'an error of the server': { kind: 'status', status: 502 },
  'a hub that says nothing': { kind: 'hang', isDone: true },
};

for (const [name, fault] of Object.entries(UNKNOWN)) {
  test(`${name}: a commit is not asked for again`, async (context) => {
    const { hub, publisher, request, commits } = await open(context, { answerSeconds: 1 });
    hub.faults.add({ match: 'POST .*/commit/', fault });
    await expect(publisher.commit(request, ignore, signal)).rejects.toMatchObject(UNREACHABLE);
    expect(hub.asked.filter((line) => line.includes('/commit/'))).toHaveLength(1);
    const isDone = fault.kind === 'cut-answer' || ('isDone' in fault && fault.isDone === true);
    expect(await commits()).toBe(isDone ? 2 : 1);
  });
}

test('a commit that the hub had no time to look at is asked for again', async (context) => {
  const { hub, publisher, request, commits } = await open(context);
  const fault = { kind: 'status', status: 429, headers: { 'retry-after': '0' } } as const;
  hub.faults.add({ match: 'POST .*/commit/', fault });
  expect(await publisher.commit(request, ignore, signal)).toMatchObject({ kind: 'committed' });
  expect(await commits()).toBe(2);
});

test('patience ends, and a hub that asks for more of it is left at once', async (context) => {
  const { hub, publisher } = await open(context, { seconds: 1 });
  hub.faults.add({ match: 'GET ', fault: { kind: 'status', status: 503 }, times: 99 });
  await expect(publisher.findRepository(REPO, signal)).rejects.toMatchObject({
    ...UNREACHABLE,
    message: expect.stringContaining('answered 503'),
  });
  hub.faults.clear();
  hub.asked.length = 0;
  hub.faults.add({ match: 'GET ', fault: { kind: 'status', status: 429, headers: { 'retry-after': '3600' } } });
  await expect(publisher.findRepository(REPO, signal)).rejects.toMatchObject({
    ...UNREACHABLE,
    hint: expect.stringContaining('3600 s'),
  });
  expect(hub.asked).toHaveLength(1);
});

for (const what of ['PUT ', 'POST .*/commit/', 'POST .*/preupload/']) {
  test(`a signal ends a commit at once that waits for ${what}`, async (context) => {
    const { hub, folder, publisher, request } = await open(context, { answerSeconds: 600, seconds: 600 });
    const uploads = [await written({ folder }, 'a.safetensors', randomBytes(2_000_000))];
    hub.faults.add({ match: what, fault: { kind: 'hang' } });
    const stop = new AbortController();
    const committed = publisher.commit({ ...request, uploads }, ignore, stop.signal);
    const reason = new Error('enough');
    await expect.poll(() => hub.asked.some((line) => new RegExp(what).test(line))).toBe(true);
    stop.abort(reason);
    await expect(committed).rejects.toBe(reason);
  });
}

test('a signal ends the waiting for a busy hub', async (context) => {
  const { hub, publisher, said } = await open(context, { seconds: 600, clock: systemClock });
  hub.faults.add({ match: 'GET ', fault: { kind: 'status', status: 503, headers: { 'retry-after': '500' } } });
  const stop = new AbortController();
  const found = publisher.findRepository(REPO, stop.signal);
  const reason = new Error('enough');
  await expect.poll(() => said.length).toBe(1);
  stop.abort(reason);
  await expect(found).rejects.toBe(reason);
});

const REFUSALS: Record<string, { readonly fault: FaultInput; readonly message: RegExp; readonly hint: RegExp }> = {
  'an expired token': {
    fault: { kind: 'status', status: 401, error: 'User Access Token "week" is expired' },
    message: /does not take the token: .*expired/,
    hint: /make one at http.*\/settings\/tokens .*write access.* and set HF_TOKEN/,
  },
  'a token without the right': {
    fault: { kind: 'status', status: 403, error: 'Forbidden: you must use a write token' },
    message: /does not allow this on ada\/model: .*write token/,
    hint: /"write" .*"Write access to contents\/settings".*ada, or a member/,
  },
  'a gated repository': {
    fault: { kind: 'status', status: 403, error: 'restricted', headers: { 'x-error-code': 'GatedRepo' } },
    message: /ada\/model is gated/,
    hint: /ask for access at http.*\/ada\/model$/,
  },
  'a full account': {
    fault: { kind: 'status', status: 413, error: 'Private storage limit\u001b[31m reached' },
    message: /\(413\): Private storage limit \[31m reached$/,
    hint: /what the hub says/,
  },
};

for (const [name, { fault, message, hint }] of Object.entries(REFUSALS)) {
  test(`${name} is said with what to do, and nothing is asked twice`, async (context) => {
    const { hub, publisher, request } = await open(context);
    hub.faults.add({ match: 'POST .*/commit/', fault });
    const thrown = publisher.commit(request, ignore, signal);
    await expect(thrown).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(hub.asked.filter((line) => line.includes('/commit/'))).toHaveLength(1);
  });
}

test('a gated model of others is told from one that is not there', async (context) => {
  const { hub, publisher } = await open(context);
  hub.state.create('others/gated', false, 'somebody').isGated = true;
  await expect(publisher.readText('others/gated', 'main', 'config.json', signal)).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/^others\/gated is gated/),
  });
});

test('the token is in nothing that is thrown or said, whoever shows it', async (context) => {
  const { hub, as, said } = await open(context, { seconds: 1 });
  // Of no well-known shape behind its first letters, so that only who knows it can mask it.
  const canary = 'hf_a.b.c.canary';
  hub.state.tokens.set(canary, { user: 'ada', role: 'write' });
  const publisher = as(canary);
  const shown: unknown[] = [];
  const head = (await publisher.findRepository(REPO, signal))?.head ?? '';
  const uploads = [{ path: 'README.md', kind: 'text', text: 'card' } as const];
  const commit = { repo: REPO, branch: 'main', parent: head, title: 't', message: '', uploads, deletions: [] };
  for (const status of [400, 401, 403, 404, 409, 413, 418, 500, 503]) {
    const fault = { kind: 'status', status, error: 'you sent $authorization' } as const;
    const asked = [
      () => publisher.findRepository(REPO, signal),
      () => publisher.createRepository('ada/other', { isPrivate: true }, signal),
      () => publisher.rights(REPO, signal),
      () => publisher.readText(REPO, 'main', 'README.md', signal),
      () => publisher.createTag(REPO, { name: 't', oid: head, message: '' }, signal),
      () => publisher.commit(commit, ignore, signal),
      () => Array.fromAsync(publisher.files(REPO, 'main', signal)),
    ];
    for (const ask of asked) {
      hub.faults.clear();
      hub.faults.add({ match: '', fault, times: 99 });
      shown.push(await ask().catch((error: unknown) => error));
    }
  }
  await hub.close();
  shown.push(await publisher.rights(REPO, signal).catch((error: unknown) => error));
  expect(shown.filter((error) => error instanceof Error).length).toBeGreaterThan(55);
  const text = [...shown.map((one) => inspect(one, { depth: 9, showHidden: true }) + stringified(one)), ...said].join();
  expect(text).toContain('you sent');
  expect(text).not.toContain('canary');
});

function stringified(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  return `${JSON.stringify(error)} ${error.message} ${error.stack} ${stringified(error.cause)}`;
}

test('a page that is said to be elsewhere is not told the token', async (context) => {
  const { hub, publisher, request } = await open(context, { limits: { page: 1 } });
  await publisher.commit(request, ignore, signal);
  hub.state.linksTo = hub.state.storage;
  const listed = Array.fromAsync(publisher.files(REPO, 'main', signal));
  await expect(listed).rejects.toMatchObject({ ...UNREACHABLE, message: expect.stringContaining('answered 401') });
});

test('a token that cannot be one is refused without showing it', () => {
  const patience = { clock: systemClock, seconds: 0, answerSeconds: 1, onWait: ignore };
  for (const token of ['canary', 'hf_can ary', 'hf_can\nary', 'ghp_canary']) {
    const made = () => createHuggingFacePublisher({ token }, patience);
    expect(made).toThrowError(/HF_TOKEN is not one of Hugging Face/);
  }
  for (const endpoint of ['https://user:canary@hub.test', 'hub.test', 'ftp://hub.test'])
    expect(() => createHuggingFacePublisher({ endpoint }, patience)).toThrowError(/^HF_ENDPOINT is not the address/);
});

test('without a token nothing is written, and it says how to get one', async (context) => {
  const { hub } = await hubOf(context);
  const patience = { clock: systemClock, seconds: 0, answerSeconds: 1, onWait: ignore };
  const publisher = createHuggingFacePublisher({ endpoint: hub.endpoint }, patience);
  const refused = { ...REFUSED, hint: expect.stringMatching(/write access at http.*HF_TOKEN/) };
  await expect(publisher.rights(REPO, signal)).rejects.toMatchObject(refused);
  await expect(publisher.createRepository(REPO, { isPrivate: true }, signal)).rejects.toMatchObject(refused);
  expect(hub.asked).toEqual([]);
});
