import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { openCluster } from '../../../../src/adapters/kubernetes/api/open-cluster.ts';
import { makeCertificate } from '../../../fakes/api-server/certificate.ts';
import { bench, configMap, faultOf, found, status, temporaryFolder } from './harness.ts';

const { configMaps, jobs } = RESOURCES;

/** A credential plugin as a shell script. `$N` in it counts its runs. */
function plugin(body: string, more: object = {}): { readonly user: object; readonly runs: () => number } {
  const folder = temporaryFolder();
  const command = join(folder, 'plugin');
  const log = join(folder, 'runs');
  writeFileSync(command, `#!/bin/sh\necho >>'${log}'\nN=$(wc -l <'${log}')\n${body}\n`);
  chmodSync(command, 0o755);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never', ...more };
  return {
    user: { exec },
    runs: () => (existsSync(log) ? readFileSync(log, 'utf8').length : 0),
  };
}

const CREDENTIAL = (fields: string): string =>
  `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{${fields}}}'`;

const refusing =
  (token: string) =>
  (heard: { readonly headers: Readonly<Record<string, string>> }, wire: Parameters<typeof found>[0]) => {
    if (heard.headers['authorization'] === `Bearer ${token}`) found(wire);
    else wire.json(401, status(401, 'Unauthorized', 'Unauthorized'));
  };

describe('credentials', () => {
  test('of a user with a password and of one who acts for another', async () => {
    const { api, server } = await bench((_heard, wire) => found(wire), {
      user: { username: 'me', password: 'pw:x', as: 'you' },
    });
    await api.get(configMaps, 'a');
    expect(server.heard[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('me:pw:x').toString('base64')}`,
      'impersonate-user': 'you',
    });
  });

  test('of a token file are read anew after a minute', async () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'one\n');
    const { api, server, timing } = await bench((_heard, wire) => found(wire), {
      user: { tokenFile: file, token: 'not this' },
    });
    await api.get(configMaps, 'a');
    writeFileSync(file, 'two\n');
    await api.get(configMaps, 'a');
    timing.pass(61_000);
    await api.get(configMaps, 'a');
    expect(server.heard.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer one',
      'Bearer one',
      'Bearer two',
    ]);
  });

  test('in a pod are those of its service account', async () => {
    const { server } = await bench((_heard, wire) => found(wire));
    const folder = temporaryFolder();
    for (const [name, text] of [
      ['token', 'of-the-pod'],
      ['ca.crt', server.ca],
      ['namespace', 'own\n'],
    ] as const) {
      writeFileSync(join(folder, name), text);
    }
    const api = await openCluster({
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) },
      home: folder,
      userAgent: 'test',
      serviceAccountDir: folder,
    });
    expect(api.place).toEqual({ server: server.url, context: 'in-cluster', namespace: 'own' });
    await api.get(configMaps, 'a');
    expect(server.heard[0]?.headers['authorization']).toBe('Bearer of-the-pod');
    expect(server.heard[0]?.url.pathname).toBe('/api/v1/namespaces/own/configmaps/a');
  });
});

describe('row 23: a token that the server refuses', () => {
  test('is made anew once, and the request sent again, a write too', async () => {
    const { user, runs } = plugin(CREDENTIAL('"token":"t%s"').replace("}}'", "}}' $N"));
    const { api, server } = await bench(refusing('t2'), { user });
    await api.create(jobs, { metadata: { name: 'j' } });
    await api.get(configMaps, 'a');
    expect(server.heard.map(({ method, headers }) => `${method} ${headers['authorization']}`)).toEqual([
      'POST Bearer t1',
      'POST Bearer t2',
      'GET Bearer t2',
    ]);
    expect(runs()).toBe(2);
  });

  test('of many requests at once is made anew once', async () => {
    const { user, runs } = plugin(CREDENTIAL('"token":"t%s"').replace("}}'", "}}' $N"));
    const { api } = await bench(refusing('t2'), { user });
    await Promise.all(Array.from({ length: 6 }, () => api.get(configMaps, 'a')));
    expect(runs()).toBe(2);
  });

  test('after that again is a fault, and not tried for ever', async () => {
    const { user, runs } = plugin(CREDENTIAL('"token":"bad"'));
    const { api, server } = await bench(refusing('good'), { user });
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({ kind: 'unauthorized', status: 401 });
    expect([server.heard.length, runs()]).toEqual([2, 2]);
  });

  test('is read again from the kubeconfig, where somebody may have logged in', async () => {
    const folder = temporaryFolder();
    const kubeconfig = join(folder, 'config');
    const { server } = await bench(refusing('new'));
    writeFileSync(kubeconfig, server.kubeconfig({ token: 'old' }));
    const api = await openCluster({ env: {}, home: folder, kubeconfig, userAgent: 'test' });
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({ kind: 'unauthorized' });
    writeFileSync(kubeconfig, server.kubeconfig({ token: 'new' }));
    expect(await api.get(configMaps, 'a')).toEqual(configMap('a'));
  });
});

describe('row 24: a credential plugin', () => {
  test('is told the cluster, gives a certificate, and runs again when that has ended', async () => {
    const { cert, key } = makeCertificate({ name: 'me' });
    const given = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { clientCertificateData: cert, clientKeyData: key, expirationTimestamp: '2026-01-01T01:00:00Z' },
    });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'given'), given);
    const { user, runs } = plugin(
      `printf '%s' "$KUBERNETES_EXEC_INFO" >'${folder}/info'; test "$MINE" = yes && test "$1" = arg && cat '${folder}/given'`,
      { provideClusterInfo: true, args: ['arg'], env: [{ name: 'MINE', value: 'yes' }] },
    );
    const { api, server, timing } = await bench((_heard, wire) => found(wire), { user });
    await api.get(configMaps, 'a');
    await api.get(configMaps, 'a');
    expect(runs()).toBe(1);
    timing.pass(3600_000);
    await api.get(configMaps, 'a');
    expect(runs()).toBe(2);
    expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: {
        interactive: false,
        cluster: { server: server.url, 'certificate-authority-data': Buffer.from(server.ca).toString('base64') },
      },
    });
  });

  test('that hangs is ended with all it started, and its words are shown', async () => {
    const { user } = plugin('echo "open a browser" >&2; sleep 1000 & echo $! >"$0.child"; wait');
    const { api, server } = await bench((_heard, wire) => found(wire), { user, limits: { plugin: 1500 } });
    const fault = await faultOf(api.get(configMaps, 'a'));
    expect(fault).toMatchObject({ kind: 'unauthorized' });
    expect(fault.message).toMatch(/^the credential plugin .*plugin did not end within 1.5 s: open a browser$/);
    const child = Number(readFileSync(`${(user as { exec: { command: string } }).exec.command}.child`, 'utf8'));
    await expect.poll(() => isRunning(child)).toBe(false);
    expect(server.heard).toEqual([]);
  });

  test('that takes its time says at once what it waits for', async () => {
    const folder = temporaryFolder();
    const { user } = plugin(
      `echo "\\033[31mopen a browser" >&2; while ! test -e '${folder}/go'; do sleep 0.05; done; ${CREDENTIAL('"token":"secret"')}`,
    );
    const { api, notices } = await bench((_heard, wire) => found(wire), { user });
    const answer = api.get(configMaps, 'a');
    await expect.poll(() => notices, { timeout: 10_000 }).toHaveLength(1);
    expect(notices[0]).toMatch(/plugin: open a browser$/);
    writeFileSync(join(folder, 'go'), '');
    expect(await answer).toBeDefined();
  });

  // what it does, what is said
  test.each([
    ['echo "no session" >&2; exit 3', /ended with 3: no session$/],
    ['kill -9 $$', /ended with SIGKILL$/],
    ['echo garbage', /printed no ExecCredential$/],
    ['true', /printed no ExecCredential$/],
    [CREDENTIAL(''), /gave no credential$/],
    [CREDENTIAL('"clientCertificateData":"c"'), /gave a certificate without its key/],
    [CREDENTIAL('"token":"t"').replace('k8s.io/v1', 'k8s.io/v1beta1'), /answered in .*v1beta1, not in .*v1$/],
    ['if read -r line </dev/tty; then echo; else exit 4; fi', /ended with/],
  ])('that does `%s` is a fault in words', async (body, words) => {
    const { user } = plugin(body);
    const { api, server } = await bench((_heard, wire) => found(wire), { user });
    const fault = await faultOf(api.get(configMaps, 'a'));
    expect(fault).toMatchObject({ name: 'KubeFault', kind: 'unauthorized' });
    expect(fault.message).toMatch(words);
    expect(server.heard).toEqual([]);
  });

  test.each([
    [
      { command: 'ilab-no-such-plugin', installHint: 'install it with x' },
      /ilab-no-such-plugin is not installed here\ninstall it with x$/,
    ],
    [{ apiVersion: 'client.authentication.k8s.io/v1alpha1' }, /speaks .*v1alpha1, not/],
    [{ interactiveMode: 'Always' }, /wants to talk to a person/],
  ])('that is %o cannot be used', async (more, words) => {
    const { user } = plugin('true', more);
    const { api } = await bench((_heard, wire) => found(wire), { user });
    expect((await faultOf(api.get(configMaps, 'a'))).message).toMatch(words);
  });

  test('that fails in an outage is tried again once the server was seen', async () => {
    const folder = temporaryFolder();
    const expires = '"expirationTimestamp":"2026-01-01T00:10:00Z"';
    const { user } = plugin(`test -e '${folder}/offline' && exit 1; ${CREDENTIAL(`"token":"secret",${expires}`)}`);
    const { api, timing } = await bench((_heard, wire) => found(wire), { user });
    await api.get(configMaps, 'a');
    writeFileSync(join(folder, 'offline'), '');
    timing.pass(600_000);
    timing.onWait = () => rmSync(join(folder, 'offline'), { force: true });
    expect(await api.get(configMaps, 'a')).toBeDefined();
  });
});

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === false;
  } catch {
    return false;
  }
}
