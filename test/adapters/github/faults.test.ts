import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createGitHub, type GitHubOptions } from '../../../src/adapters/github/code-host.ts';
import type { UserError } from '../../../src/domain/errors.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { type Fault, GitHubServer, type GitHubServerOptions } from '../../github/github-server.ts';

const CANARY = 'github_pat_canary_7Qm2xV';
const REPO = 'team/taxonomy';
const COMMENT = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
const PULL = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
const signal = new AbortController().signal;
const open: GitHubServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    await server.close();
    expect(server.violations).toEqual([]);
  }
});

/** Time passes when somebody sleeps. */
class ManualClock implements Clock {
  readonly slept: number[] = [];
  #time = Date.now();

  now(): Date {
    return new Date(this.#time);
  }

  async sleep(seconds: number, stop: AbortSignal): Promise<void> {
    stop.throwIfAborted();
    this.slept.push(seconds);
    this.#time += seconds * 1000;
  }
}

async function serve(options: Partial<GitHubOptions> = {}, served: GitHubServerOptions = {}) {
  const server = new GitHubServer({ token: CANARY, hasLimits: false, ...served });
  await server.listen();
  open.push(server);
  const repository = server.state.addRepository(REPO);
  const { number } = repository.addPull({});
  const clock = new ManualClock();
  const told: string[] = [];
  const onWait = (sentence: string) => told.push(sentence);
  const more = { apiUrl: server.url, token: CANARY, patienceSeconds: 100, onWait, clock };
  const host = createGitHub({ ...more, ...options });
  const comment = () => host.createComment(REPO, number, 'scores', signal);
  const read = () => host.pull(REPO, number, signal);
  return { server, repository, number, clock, told, host, comment, read };
}

async function faultOf(work: Promise<unknown>): Promise<UserError> {
  const fault: unknown = await work.then(
    () => expect.unreachable('it went well'),
    (error: unknown) => error,
  );
  expect(fault).toMatchObject({ name: 'UserError' });
  return fault as UserError;
}

describe('a limit', () => {
  const limits: readonly (readonly [string, Fault, number])[] = [
    ['of requests (403)', { kind: 'primary-limit', seconds: 40 }, 41],
    ['of requests (429)', { kind: 'primary-limit', status: 429, seconds: 40 }, 41],
    ['of the rate (403)', { kind: 'secondary-limit', seconds: 30 }, 30],
    ['of the rate (429)', { kind: 'secondary-limit', status: 429, seconds: 30 }, 30],
    ['of the rate that names no time', { kind: 'secondary-limit' }, 60],
  ];

  test.each(limits)('%s is waited out, and what was asked is done once', async (_, fault, seconds) => {
    const { server, repository, number, clock, told, comment, read } = await serve();
    server.fail(COMMENT, fault);
    server.fail(PULL, fault);
    await comment();
    expect(repository.commentsOf(number)).toHaveLength(1);
    expect((await read())?.number).toBe(number);
    expect(clock.slept).toHaveLength(2);
    // Rounded to the host's seconds.
    for (const pause of clock.slept) expect(Math.abs(pause - seconds)).toBeLessThanOrEqual(1);
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(/^127\.0\.0\.1:\d+: .* asking again in \d+ s$/);
  });

  test('that lasts longer than the patience is told at once, with its end', async () => {
    const { server, repository, clock, told, comment } = await serve();
    server.fail(COMMENT, { kind: 'primary-limit', seconds: 3000 });
    const fault = await faultOf(comment());
    expect(fault.code).toBe('unreachable');
    expect(fault.message).toMatch(
      /limit of requests is used up until \d\d:\d\d UTC, in 300\d s; it is waited 100 s at most$/,
    );
    expect({ slept: clock.slept, told, comments: repository.comments }).toEqual({ slept: [], told: [], comments: [] });
  });

  test('again and again ends with the patience', async () => {
    const { server, clock, read } = await serve();
    server.fail(PULL, { kind: 'secondary-limit', seconds: 30 }, 10);
    expect((await faultOf(read())).code).toBe('unreachable');
    expect(clock.slept).toEqual([30, 30, 30]);
  });

  test('is not where a clock is wrong: the host says how late it is there', async () => {
    const clock = new ManualClock();
    await clock.sleep(-7200, signal);
    const { server, read } = await serve({ clock });
    server.fail(PULL, { kind: 'primary-limit', seconds: 10 });
    await read();
    expect(clock.slept[1]).toBeLessThanOrEqual(12);
  });
});

describe('a host that does not answer', () => {
  const silences: readonly (readonly [string, Fault])[] = [
    ['502', { kind: 'status', status: 502 }],
    ['503', { kind: 'status', status: 503, headers: { 'retry-after': '7' } }],
    ['a connection that ends before', { kind: 'cut', when: 'before' }],
    ['a connection that ends after', { kind: 'cut', when: 'after' }],
    ['half an answer', { kind: 'half' }],
  ];

  test.each(silences)('(%s) is asked again what is read', async (_, fault) => {
    const { server, number, clock, told, read } = await serve();
    server.fail(PULL, fault, 3);
    expect((await read())?.number).toBe(number);
    expect(clock.slept).toEqual([1, 2, 4]);
    expect(told).toHaveLength(3);
    expect(server.asked(PULL)).toBe(4);
  });

  test.each(silences)('(%s) is not asked twice to write', async (_, fault) => {
    const { server, repository, clock, comment } = await serve();
    server.fail(COMMENT, fault);
    const found = await faultOf(comment());
    expect(found).toMatchObject({ code: 'unreachable', message: expect.stringContaining('is not known') });
    expect(server.asked(COMMENT)).toBe(1);
    expect(clock.slept).toEqual([]);
    const isDone = fault.kind === 'half' || (fault.kind === 'cut' && fault.when === 'after');
    expect(repository.comments).toHaveLength(isDone ? 1 : 0);
  });

  test('within the time of a request is given up', async () => {
    const { server, read, comment } = await serve({ requestSeconds: 0.2, patienceSeconds: 0 });
    server.fail(PULL, { kind: 'hang' });
    server.fail(COMMENT, { kind: 'hang' });
    expect((await faultOf(read())).message).toMatch(/did not answer within 0\.2 s$/);
    expect((await faultOf(comment())).message).toMatch(
      /did not answer within 0\.2 s; whether it was done is not known$/,
    );
  });

  test('at all is told after the patience; nothing was sent', async () => {
    const { server, host, clock } = await serve({ patienceSeconds: 10 });
    await server.close();
    const found = await faultOf(host.defaultBranch(REPO, signal));
    expect(found.message).toMatch(
      /^cannot see the repository team\/taxonomy: 127.* cannot be reached \(ECONNREFUSED\)$/,
    );
    expect(clock.slept).toEqual([1, 2, 4, 3]);
    const write = await faultOf(host.createComment(REPO, 1, 'x', signal));
    expect(write.message).not.toContain('known');
    await server.listen();
  });

  test.each(['hang', 'limit', 'turn'] as const)('is left at once when the signal says stop (%s)', async (where) => {
    const { server, host, number } = await serve({ clock: undefined as never });
    const stop = new AbortController();
    const reason = new Error('interrupted');
    const hanging =
      where === 'limit' ? ({ kind: 'secondary-limit', seconds: 50 } as const) : ({ kind: 'hang' } as const);
    server.fail(COMMENT, hanging);
    const asked = Promise.withResolvers<void>();
    server.onServed = () => asked.resolve();
    const first = host.createComment(REPO, number, 'a', stop.signal);
    const second = where === 'turn' ? host.createComment(REPO, number, 'b', stop.signal) : first;
    const ended = Promise.all([expect(first).rejects.toBe(reason), expect(second).rejects.toBe(reason)]);
    await asked.promise;
    stop.abort(reason);
    await ended;
    expect(server.asked(COMMENT)).toBe(1);
  });
});

describe('writes', () => {
  test('have a second between them where the host has limits', async () => {
    const { host, number, clock } = await serve({}, { hasLimits: true });
    await Promise.all([1, 2, 3].map((count) => host.createComment(REPO, number, `${count}`, signal)));
    expect(clock.slept).toEqual([1, 1]);
  });

  test('go on after one that failed', async () => {
    const { server, comment, repository } = await serve();
    server.fail(COMMENT, { kind: 'cut', when: 'before' });
    await Promise.allSettled([comment(), comment()]);
    expect(repository.comments).toHaveLength(1);
  });
});

describe('the token', () => {
  test.each([
    ['expired', { kind: 'expired' } as const],
    [
      'repeated by the host',
      { kind: 'answer', answer: { status: 403, body: { message: `no: ${CANARY}\u001b[31m\n` } } } as const,
    ],
    ['broken off', { kind: 'cut', when: 'before' } as const],
    ['half answered', { kind: 'half' } as const],
    ['not understood', { kind: 'answer', answer: { status: 201, body: [CANARY] } } as const],
    [
      'sent on',
      { kind: 'answer', answer: { status: 307, body: {}, headers: { location: 'http://127.0.0.1:1/x' } } } as const,
    ],
  ])('is in nothing that is thrown (%s)', async (_, planned) => {
    const { server, told, comment } = await serve();
    server.fail(COMMENT, planned);
    const fault = await faultOf(comment());
    const seen = [
      inspect(fault, { depth: 20, showHidden: true }),
      JSON.stringify(fault),
      fault.hint,
      fault.stack,
      ...told,
    ];
    expect(seen.join('\n')).not.toContain('canary');
    expect(fault.message).not.toMatch(/\p{Cc}/u);
  });

  test.each(['', '  ', 'canary with spaces', 'canary\nX-Other: 1', 'canäry'])(
    'that can be none is refused: %j',
    async (token) => {
      const make = () => createGitHub({ token, patienceSeconds: 0, onWait: () => undefined });
      expect(make).toThrow(
        expect.objectContaining({ code: 'bad-config', message: expect.not.stringContaining('can') }),
      );
    },
  );

  test('may have the end of a line behind it, as a file has', async () => {
    const { host } = await serve({ token: `${CANARY}\n` });
    expect(await host.defaultBranch(REPO, signal)).toBe('main');
  });

  test('goes to no other host', async () => {
    const { server, read } = await serve();
    const other = new GitHubServer();
    await other.listen();
    open.push(other);
    server.fail(PULL, {
      kind: 'answer',
      answer: { status: 301, body: {}, headers: { location: `${other.url}/user` } },
    });
    expect(await faultOf(read())).toMatchObject({ message: expect.stringContaining('gets no token') });
    expect(other.requests).toEqual([]);
  });

  test('that is wrong or has ended says so', async () => {
    const { host, server } = await serve({ token: 'ghp_another' });
    expect(await faultOf(host.rights(REPO, signal))).toMatchObject({
      code: 'bad-input',
      message: `${new URL(server.url).host} refuses the token of GITHUB_TOKEN: Bad credentials`,
      hint: expect.stringContaining('expired'),
    });
  });
});

describe('an address', () => {
  test.each(['github.example.com', 'ftp://a/', 'https://user:secret@host/', 'https://host/?a=b'])(
    '%s is refused',
    (apiUrl) => {
      const make = () => createGitHub({ apiUrl, token: 'x', patienceSeconds: 0, onWait: () => undefined });
      expect(make).toThrow(
        expect.objectContaining({ code: 'bad-config', message: expect.not.stringContaining('secret') }),
      );
    },
  );

  test('that is no API names what it should be', async () => {
    const { server, number } = await serve({}, { prefix: '/api/v3' });
    const apiUrl = new URL(server.url).origin;
    const host = createGitHub({ apiUrl, token: CANARY, patienceSeconds: 9, onWait: () => undefined });
    expect(await faultOf(host.pull(REPO, number, signal))).toMatchObject({ hint: expect.stringContaining('/api/v3') });
  });
});
