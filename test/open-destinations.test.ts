import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OutsideDestination } from '../src/domain/destination.ts';
import { UserError } from '../src/domain/errors.ts';
import { openDestinations, type SecretKeys } from '../src/open-destinations.ts';
import { GitHubServer } from './github/github-server.ts';
import { ADA, hubOf } from './huggingface/hub-of.ts';

/* What the tokens of this machine may do at the places that a run writes to, asked of test servers. */

const signal = new AbortController().signal;
const READER = 'hf_adaReadsHereAndNowhereElse';
const doctor = (env: Readonly<Record<string, string>> = {}) => openDestinations(env);

async function hub(change: Partial<OutsideDestination> = {}): Promise<OutsideDestination> {
  const served = await hubOf({ onTestFinished }, { tokens: { [READER]: { user: 'ada', role: 'read' } } });
  const { endpoint } = served.hub;
  return {
    name: 'publish.hub',
    kind: 'model-hub',
    repo: 'ada/model',
    endpoint,
    token: { name: 'env', key: 'T' },
    ...change,
  };
}

async function host(
  permissions: Readonly<Record<string, 'read' | 'write'>>,
): Promise<OutsideDestination & { readonly secret: string }> {
  const server = new GitHubServer({ hasLimits: false });
  server.rights = { kind: 'fine', permissions: { metadata: 'read', ...permissions } };
  await server.listen();
  server.state.addRepository('team/taxonomy');
  onTestFinished(async () => {
    await server.close();
    expect(server.violations).toEqual([]);
  });
  const place = { name: 'publish.host', kind: 'code-host', repo: 'team/taxonomy', endpoint: server.url } as const;
  return { ...place, token: { name: 'env', key: 'T' }, secret: server.token };
}

describe('a model hub', () => {
  test('that the token may write to, by a variable or a file', async () => {
    const granted = { kind: 'granted', message: 'ada may write to ada/model' };
    expect(await doctor({ T: ADA }).look(await hub(), signal)).toEqual(granted);
    const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'hub'), `${ADA}\n`);
    const byFile = await hub({ token: { name: 'file', key: join(folder, 'hub') } });
    expect(await doctor().look(byFile, signal)).toEqual(granted);
  });

  test.each([
    ['only reads', READER, /only reads/],
    ['is nobody’s', 'hf_nobodyHasThisOne', /does not take the token/],
  ])('whose token %s', async (_what, token, message) => {
    const rights = await doctor({ T: token }).look(await hub(), signal);
    expect(rights).toMatchObject({ kind: 'lacking', message: expect.stringMatching(message) });
    expect(JSON.stringify(rights)).not.toContain(token);
  });
});

describe('a code host', () => {
  test.each([
    [
      'both',
      { contents: 'write', pull_requests: 'write' },
      'granted',
      /may write to contents and pull requests of team\/taxonomy$/,
    ],
    ['no files', { contents: 'read', pull_requests: 'write' }, 'lacking', /only reads in team\/taxonomy$/],
    ['no pull requests', { contents: 'write', pull_requests: 'read' }, 'lacking', /may not write to pull requests/],
  ] as const)('where the token may write to %s', async (_what, permissions, kind, message) => {
    const place = await host(permissions);
    const rights = await doctor({ T: place.secret }).look(place, signal);
    expect(rights).toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(JSON.stringify(rights)).not.toContain(place.secret);
  });

  test('in whose repository only pull requests are written to: files need no right', async () => {
    const place = await host({ contents: 'read', pull_requests: 'write' });
    const rights = await doctor({ T: place.secret }).look({ ...place, kind: 'pull-requests' }, signal);
    expect(rights).toEqual({ kind: 'granted', message: expect.stringMatching(/may write to pull requests of team/) });
  });
});

describe('is not asked', () => {
  const place = { name: 'publish.hub', kind: 'model-hub', repo: 'ada/model', endpoint: 'http://127.0.0.1:9' } as const;

  test.each([
    ['a variable that is not set', { name: 'env', key: 'T' }, 'lacking', /the variable T is not set$/],
    ['a file that is not there', { name: 'file', key: '/nowhere' }, 'lacking', /nothing to read in \/nowhere$/],
    [
      'a Secret of a cluster',
      { name: 'tokens', key: 'hub' },
      'untold',
      /in the Secret tokens, which is not looked at$/,
    ],
  ])('with a token in %s', async (_what, token, kind, message) => {
    expect(await doctor().look({ ...place, token }, signal)).toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });
});

describe('a token in a Secret of the cluster', () => {
  const token = { name: 'tokens', key: 'hub' };
  const place = {
    name: 'publish.hub',
    kind: 'model-hub',
    repo: 'ada/model',
    endpoint: 'http://127.0.0.1:9',
    token,
  } as const;
  const look = (seen: Awaited<ReturnType<SecretKeys>>) => {
    const asked: string[] = [];
    const keys: SecretKeys = async (name) => {
      asked.push(name);
      return seen;
    };
    return { asked, rights: openDestinations({}, keys).look(place, signal) };
  };

  test.each([
    ['no such Secret', undefined, 'there is no token for ada/model: there is no Secret tokens'],
    ['no such key', ['other'], 'there is no token for ada/model: the Secret tokens has no key hub'],
  ])('%s is missing', async (_what, value, message) => {
    const { rights, asked } = look({ kind: 'seen', value });
    expect(await rights).toMatchObject({ kind: 'lacking', message, isMissing: true });
    expect(asked).toEqual(['tokens']);
  });

  test('that is there, or may not be looked for, stops nothing, and the place is not asked', async () => {
    for (const seen of [{ kind: 'seen', value: ['hub'] }, { kind: 'hidden' }] as const)
      expect(await look(seen).rights).toMatchObject({ kind: 'untold' });
  });

  test('of a cluster that does not answer stops nothing', async () => {
    const away: SecretKeys = async () => {
      throw new UserError('unreachable', 'it does not answer');
    };
    expect(await openDestinations({}, away).look(place, signal)).toMatchObject({ kind: 'untold' });
  });
});

describe('a folder', () => {
  function made(): string {
    const folder = mkdtempSync(join(tmpdir(), 'registry-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return folder;
  }
  const look = (path: string, of: 'here' | 'pod' = 'here') =>
    doctor().look({ name: 'publish.folder', kind: 'folder', path, of }, signal);

  test('that can be written to is left as it was', async () => {
    const path = made();
    expect(await look(path)).toEqual({ kind: 'granted', message: `${path} can be written to` });
    expect(readdirSync(path)).toEqual([]);
  });

  test('that is none, or takes nothing', async () => {
    const path = made();
    writeFileSync(join(path, 'file'), '');
    for (const [none, message] of [
      ['relative', 'relative is no absolute path'],
      [join(path, 'file'), `${path}/file is no folder`],
      [join(path, 'nowhere'), `there is no folder ${path}/nowhere`],
      // Nobody, root included, makes a folder in there.
      ['/proc', expect.stringMatching(/^\/proc cannot be written to \(E[A-Z]+\)$/)],
    ] as const) {
      expect(await look(none)).toMatchObject({ kind: 'lacking', message });
    }
  });

  test('of a pod is not looked at', async () => {
    expect(await look('/nowhere', 'pod')).toMatchObject({
      kind: 'untold',
      message: "/nowhere is a folder of the stage's pod, which is not looked at: a volume must be mounted there",
    });
  });
});

test('asking is given up at once when whoever asked leaves', async () => {
  const gone = new GitHubServer();
  await gone.listen();
  const endpoint = gone.url;
  await gone.close();
  const place: OutsideDestination = {
    name: 'x',
    kind: 'code-host',
    repo: 'a/b',
    endpoint,
    token: { name: 'env', key: 'T' },
  };
  const leave = new AbortController();
  const looked = doctor({ T: 'ghp_x' }).look(place, leave.signal);
  leave.abort(new Error('given up'));
  await expect(looked).rejects.toThrow('given up');
});
