import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { choosePlace } from '../../../../src/adapters/kubernetes/api/kubeconfig/choose-place.ts';
import type { Place, PlaceRequest } from '../../../../src/adapters/kubernetes/api/kubeconfig/place.ts';
import { UserError } from '../../../../src/domain/errors.ts';
import { temporaryFolder } from './harness.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  writeFileSync(join(dirname(path), 'ca.crt'), '');
  return path;
}

/** A file with one cluster, user and context of a name. */
function single(
  name: string,
  { server = `https://${name}.example.com`, user = `token: of-${name}`, extra = '' } = {},
): string {
  return `apiVersion: v1
kind: Config
preferences: {}
clusters:
- name: c
  cluster: { server: "${server}", certificate-authority: ca.crt }
users:
- name: u
  user: { ${user} }
contexts:
- name: ${name}
  context: { cluster: c, user: u, namespace: ns-${name} }
${extra}`;
}

const choose = (request: Partial<PlaceRequest>): Place =>
  choosePlace({ env: {}, home: folder, serviceAccountDir: join(folder, 'none'), ...request });

function refusal(request: Partial<PlaceRequest>): UserError {
  try {
    choose(request);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('the kubeconfig', () => {
  test('is the one of the home where nothing else is said', () => {
    mkdirSync(join(folder, '.kube'));
    write('.kube/config', single('home', { extra: 'current-context: home' }));
    expect(choose({})).toMatchObject({ server: 'https://home.example.com', context: 'home', namespace: 'ns-home' });
    expect(choose({ namespace: 'other' }).namespace).toBe('other');
  });

  test('of several files: the first that names a thing wins, paths are relative to their file', () => {
    mkdirSync(join(folder, 'sub'));
    const one = write('sub/one', single('one'));
    const two = write('two', single('two', { extra: 'current-context: two' }));
    const env = { KUBECONFIG: `${one}:${join(folder, 'absent')}::${two}:${one}` };
    const place = choose({ env });
    expect(place).toMatchObject({ context: 'two', server: 'https://one.example.com', user: { token: 'of-one' } });
    expect(place.cluster['certificate-authority']).toBe(join(folder, 'sub/ca.crt'));
    expect(choose({ env, context: 'one' }).namespace).toBe('ns-one');
  });

  test('of the flag is the only one', () => {
    const one = write('one', single('one', { extra: 'current-context: one' }));
    const two = write('two', single('two', { extra: 'current-context: two' }));
    expect(choose({ env: { KUBECONFIG: one }, kubeconfig: two }).context).toBe('two');
    expect(refusal({ kubeconfig: join(folder, 'absent') })).toMatchObject({ code: 'bad-usage' });
  });

  test('may be JSON, leave out what it likes, and hold what nobody knows', () => {
    const kubeconfig = write(
      'json',
      JSON.stringify({
        clusters: [
          { name: 'c', cluster: { server: 'https://c', extensions: null, 'disable-compression': true } },
          { name: 'd' },
        ],
        contexts: [{ name: 'x', context: { cluster: 'c', user: '', namespace: '' } }],
        'current-context': 'x',
        users: null,
      }),
    );
    expect(choose({ kubeconfig })).toMatchObject({ context: 'x', namespace: 'default' });
  });

  test.each([
    ['https://h:6443/k8s/c-1', 'https://h:6443/k8s/c-1'],
    ['h:6443', 'https://h:6443/'],
    ['http://127.0.0.1:8001', 'http://127.0.0.1:8001/'],
    ['https://[fd00::1]:6443', 'https://[fd00::1]:6443/'],
  ])('takes the server %s', (server, url) => {
    const kubeconfig = write('config', single('a', { server, extra: 'current-context: a' }));
    expect(choose({ kubeconfig }).url.href).toBe(url);
  });

  test('that is not there is said so, with the places searched', () => {
    expect(refusal({})).toMatchObject({
      code: 'bad-config',
      message: `no kubeconfig found: looked for ${join(folder, '.kube/config')}`,
    });
    expect(refusal({ env: { KUBECONFIG: '/no/a:/no/b' } }).message).toBe(
      'no kubeconfig found: looked for /no/a, /no/b',
    );
  });

  test('that is empty is none', () => {
    expect(refusal({ kubeconfig: write('empty', '') }).message).toMatch(/^no kubeconfig found/);
  });

  test('knows its contexts', () => {
    const env = { KUBECONFIG: `${write('one', single('one'))}:${write('two', single('two'))}` };
    expect(refusal({ env, context: 'three' })).toMatchObject({
      code: 'bad-usage',
      message: `there is no context three in the kubeconfig ${join(folder, 'one')}, ${join(folder, 'two')}`,
      hint: 'choose one with `--context NAME`: one, two',
    });
    expect(refusal({ env })).toMatchObject({ code: 'bad-usage', hint: 'choose one with `--context NAME`: one, two' });
  });

  // what it holds, what is said
  test.each([
    ['a: [', /cannot be used: .*flow collection/],
    ['clusters: 3', /cannot be used: .*expected array/],
    ['kind: Pod\nclusters: []', /cannot be used: .*Config/],
    [
      'contexts: [{ name: a, context: { cluster: none } }]\ncurrent-context: a',
      /names the cluster none, which is not there/,
    ],
    [
      'clusters: [{ name: c, cluster: {} }]\ncontexts: [{ name: a, context: { cluster: c } }]\ncurrent-context: a',
      /names the cluster c, which is not there or has no server/,
    ],
    [
      'clusters: [{ name: c, cluster: { server: x } }]\ncontexts: [{ name: a, context: { cluster: c, user: me } }]\ncurrent-context: a',
      /names the user me, who is not there/,
    ],
    [single('a', { server: 'ftp://x', extra: 'current-context: a' }), /ftp:\/\/x is no address/],
    [
      single('a', { user: 'as: you, as-groups: [g]', extra: 'current-context: a' }),
      /impersonates with as-groups, which this program cannot pass on/,
    ],
    [
      single('a', { user: 'as: you, as-uid: "1", as-user-extra: { a: [b] }', extra: 'current-context: a' }),
      /as-uid and as-user-extra/,
    ],
    [
      'clusters: [{ name: c, cluster: { server: x, insecure-skip-tls-verify: true, certificate-authority-data: eA== } }]\ncontexts: [{ name: a, context: { cluster: c } }]\ncurrent-context: a',
      /both a certificate authority and insecure-skip-tls-verify/,
    ],
  ])('that says %j is refused', (text, words) => {
    const fault = refusal({ kubeconfig: write('config', text) });
    expect(fault).toMatchObject({ code: 'bad-config' });
    expect(fault.message).toMatch(words);
    expect(fault.message).not.toContain('\n');
  });

  test('that names a file which is not there is refused', () => {
    const user = 'client-certificate: gone.crt';
    const fault = refusal({ kubeconfig: write('config', single('a', { user, extra: 'current-context: a' })) });
    expect(fault).toMatchObject({ code: 'bad-config' });
    expect(fault.message).toContain(`names the file ${join(folder, 'gone.crt')}, which is not there`);
  });

  test("that starts a program is nobody's but its owner's", () => {
    const user = 'exec: { apiVersion: client.authentication.k8s.io/v1, command: ./plugin }';
    const kubeconfig = write('config', single('a', { user, extra: 'current-context: a' }));
    expect(choose({ kubeconfig }).user.exec?.command).toBe(join(folder, 'plugin'));
    chmodSync(kubeconfig, 0o666);
    expect(refusal({ kubeconfig })).toMatchObject({ code: 'bad-config', hint: `\`chmod o-w ${kubeconfig}\`` });
  });

  test('may impersonate somebody else in another context', () => {
    const extra = 'current-context: a';
    const other = single('b', { user: 'as-groups: [g]' }).replace('name: u', 'name: v').replace('user: u,', 'user: v,');
    const env = { KUBECONFIG: `${write('a', single('a', { extra }))}:${write('b', other)}` };
    expect(choose({ env }).context).toBe('a');
    expect(refusal({ env, context: 'b' }).code).toBe('bad-config');
  });

  test('goes before the service account of a pod, which needs no context', () => {
    const account = join(folder, 'account');
    mkdirSync(account);
    write('account/token', 't');
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const request = { env, serviceAccountDir: account };
    expect(choose(request)).toMatchObject({ context: 'in-cluster', server: 'https://[fd00::1]', namespace: 'default' });
    expect(choose({ ...request, env: { ...env, POD_NAMESPACE: 'own' } }).namespace).toBe('own');
    expect(refusal({ ...request, context: 'x' }).message).toMatch(/^no kubeconfig/);
    const kubeconfig = write('config', single('a', { extra: 'current-context: a' }));
    expect(choose({ ...request, kubeconfig }).context).toBe('a');
  });
});
