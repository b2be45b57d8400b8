import { describe, expect, type TestContext, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { createHuggingFacePublisher } from '../../../src/adapters/huggingface/model-publisher.ts';
import { rightsOf } from '../../../src/adapters/huggingface/rights.ts';
import { hubOf } from '../../huggingface/hub-of.ts';
import type { TokenOwner } from '../../huggingface/hub-state.ts';

const signal = new AbortController().signal;
const TOKEN = 'hf_oneTokenOfMany';
const WRITE = ['repo.content.read', 'repo.write'];

interface Case {
  readonly owner: Partial<TokenOwner>;
  readonly repo: string;
  readonly mayWrite: boolean;
  /** What is said to be missing. */
  readonly lacking?: RegExp;
}

const ORGS = { team: 'write', guild: 'admin', library: 'read' } as const;

const CASES: Readonly<Record<string, Case>> = {
  'a token that writes, at home': { owner: { role: 'write' }, repo: 'ada/m', mayWrite: true },
  'a token that writes, in an organisation': { owner: { role: 'write' }, repo: 'team/m', mayWrite: true },
  'an administrator': { owner: { role: 'write' }, repo: 'guild/m', mayWrite: true },
  'a token that reads': { owner: { role: 'read' }, repo: 'ada/m', mayWrite: false, lacking: /ada only reads/ },
  'a member who reads': {
    owner: { role: 'write' },
    repo: 'library/m',
    mayWrite: false,
    lacking: /ada may only read in library/,
  },
  'no member': { owner: { role: 'write' }, repo: 'others/m', mayWrite: false, lacking: /no member of it/ },
  'a fine-grained token for all of a user': {
    owner: { role: 'fineGrained', scoped: [{ type: 'user', name: 'ada', permissions: WRITE }] },
    repo: 'ada/m',
    mayWrite: true,
  },
  'a fine-grained token for an organisation': {
    owner: { role: 'fineGrained', scoped: [{ type: 'org', name: 'team', permissions: WRITE }] },
    repo: 'team/m',
    mayWrite: true,
  },
  'a fine-grained token for this model': {
    owner: { role: 'fineGrained', scoped: [{ type: 'model', name: 'team/m', permissions: WRITE }] },
    repo: 'team/m',
    mayWrite: true,
  },
  'a fine-grained token for another model': {
    owner: { role: 'fineGrained', scoped: [{ type: 'model', name: 'team/other', permissions: WRITE }] },
    repo: 'team/m',
    mayWrite: false,
    lacking: /fine-grained token of ada has no write access to team\/m/,
  },
  'a fine-grained token that reads': {
    owner: { role: 'fineGrained', scoped: [{ type: 'user', name: 'ada', permissions: ['repo.content.read'] }] },
    repo: 'ada/m',
    mayWrite: false,
    lacking: /Write access to contents\/settings/,
  },
};

describe('the rights of a token', () => {
  test.for(Object.entries(CASES))('%s: what is told is what happens', async ([, given], context) => {
    const { owner, repo, mayWrite, lacking } = given;
    const { hub, publisher } = await open(context, { user: 'ada', role: 'read', orgs: ORGS, ...owner });
    const told = await publisher.rights(repo, signal);
    expect(told).toEqual({
      user: 'ada',
      mayWrite,
      ...(lacking === undefined ? {} : { lacking: expect.stringMatching(lacking) }),
    });
    // One that is there and can be seen: a token for it alone may make no other.
    hub.state.create(repo, false, 'somebody');
    const head = (await publisher.findRepository(repo, signal))?.head ?? '';
    const uploads = [{ path: 'README.md', kind: 'text', text: 'card' } as const];
    const request = { repo, branch: 'main', parent: head, title: 'Publish', message: '', uploads, deletions: [] };
    const commit = () => publisher.commit(request, () => undefined, signal);
    const tag = () => publisher.createTag(repo, { name: 'v1', oid: head, message: '' }, signal);
    if (mayWrite) {
      await expect(commit()).resolves.toMatchObject({ kind: 'committed' });
      await expect(tag()).resolves.toBeUndefined();
      return;
    }
    const refused = { code: 'bad-input', hint: expect.stringMatching(/a token of the type "write"/) };
    await expect(commit()).rejects.toMatchObject(refused);
    await expect(tag()).rejects.toMatchObject(refused);
  });

  test('an expired token is told from an unknown right', async (context) => {
    const { publisher } = await open(context, { user: 'ada', role: 'write', isExpired: true });
    await expect(publisher.rights('ada/m', signal)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/does not take the token: .*expired/),
      hint: expect.stringContaining('with write access'),
    });
  });

  test('a token that may make nothing uses what is there', async (context) => {
    const scoped = [{ type: 'model', name: 'team/m', permissions: WRITE }] as const;
    const { hub, publisher } = await open(context, { user: 'ada', role: 'fineGrained', orgs: ORGS, scoped });
    hub.state.create('team/m', true, 'somebody');
    hub.faults.add({
      match: '/repos/create',
      fault: { kind: 'status', status: 403, error: "You don't have the rights to create a model" },
    });
    await publisher.createRepository('team/m', { isPrivate: true }, signal);
    await expect(publisher.createRepository('team/other', { isPrivate: true }, signal)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('rights to create'),
    });
  });

  test.each([
    ['a contributor', { name: 'ada', orgs: [{ name: 'team', roleInOrg: 'contributor' }], auth: of('write') }],
    ['a role that is not known', { name: 'ada', orgs: [{ name: 'team', roleInOrg: 'guardian' }], auth: of('write') }],
    ['organisations that are not told', { name: 'ada', auth: of('write') }],
    ['a kind of token that is not known', { name: 'ada', orgs: [{ name: 'team', roleInOrg: 'write' }], auth: {} }],
    ['a fine-grained token for a model without its name', fineGrained('model', undefined)],
    ['a fine-grained token for a model by half its name', fineGrained('model', 'm')],
    ['a fine-grained token without scopes', { name: 'team', orgs: [], auth: of('fineGrained') }],
  ])('%s: nobody can tell', (_, answer) => {
    expect(rightsOf(answer, 'team/m', 'page')).toEqual({ user: answer.name, mayWrite: undefined });
  });
});

function fineGrained(type: string, name: string | undefined) {
  const scoped = [{ entity: { type, name }, permissions: ['repo.write'] }];
  const accessToken = { role: 'fineGrained', fineGrained: { scoped } };
  return { name: 'ada', orgs: [{ name: 'team', roleInOrg: 'write' }], auth: { accessToken } };
}

function of(role: string) {
  return { accessToken: { role } };
}

async function open(context: Pick<TestContext, 'onTestFinished'>, owner: TokenOwner) {
  const { hub } = await hubOf(context, { tokens: { [TOKEN]: owner } });
  const patience = { clock: systemClock, seconds: 0, answerSeconds: 20, onWait: () => undefined };
  return { hub, publisher: createHuggingFacePublisher({ endpoint: hub.endpoint, token: TOKEN }, patience) };
}
