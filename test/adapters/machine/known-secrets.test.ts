import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { maskKnownSecrets } from '../../../src/adapters/machine/known-secrets.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ilab-secrets-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const SECRET = 'canary-5f1c2d';

/** What a text with the secret in it becomes, as it is and as programs write it. */
function masked(env: Record<string, string>, more: readonly string[] = []): readonly string[] {
  const mask = maskKnownSecrets({ env: { HOME: home, ...env } }, more);
  return [`a ${SECRET} b`, `a ${Buffer.from(SECRET).toString('base64')} b`].map(mask);
}

const GONE = ['a *** b', 'a *** b'];

function kubeconfig(user: object): void {
  mkdirSync(join(home, '.kube'));
  writeFileSync(join(home, '.kube/config'), JSON.stringify({ users: [{ name: 'u', user }] }));
}

test('a variable whose name says so', () => {
  expect(masked({ GITHUB_TOKEN: SECRET })).toEqual(GONE);
  expect(masked({ MY_VALUE: SECRET })[0]).toContain(SECRET);
});

test('the password in the address of a proxy', () => {
  expect(masked({ HTTPS_PROXY: `http://ada:${SECRET}@proxy:3128` })).toEqual(GONE);
  expect(maskKnownSecrets({ env: { HOME: home, HTTPS_PROXY: 'http://ada:x@proxy:3128' } }, [])('proxy:3128')).toBe(
    'proxy:3128',
  );
});

test.each<[string, object]>([
  ['a token', { token: SECRET }],
  ['a password', { username: 'ada', password: SECRET }],
  ['a key', { 'client-key-data': SECRET }],
  ['a variable of a login program', { exec: { env: [{ name: 'X', value: SECRET }] } }],
])('%s of the kubeconfig', (_what, user) => {
  kubeconfig(user);
  expect(masked({})).toEqual(GONE);
});

test('a token that the kubeconfig names by its file', () => {
  writeFileSync(join(home, 'tok'), `${SECRET}\n`);
  kubeconfig({ tokenFile: join(home, 'tok') });
  expect(masked({})).toEqual(GONE);
});

test('the token that the hub keeps', () => {
  mkdirSync(join(home, '.cache/huggingface'), { recursive: true });
  writeFileSync(join(home, '.cache/huggingface/token'), SECRET);
  expect(masked({})).toEqual(GONE);
});

test('what the run names', () => {
  expect(masked({}, [SECRET])).toEqual(GONE);
});
