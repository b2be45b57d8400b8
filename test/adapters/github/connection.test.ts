import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { createGitHub } from '../../../src/adapters/github/code-host.ts';
import { makeCertificate } from '../../fakes/api-server/certificate.ts';
import { GitHubServer } from '../../github/github-server.ts';

const REPO = 'team/taxonomy';
const signal = new AbortController().signal;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function serve(): Promise<GitHubServer> {
  const server = new GitHubServer({ hasLimits: false });
  await server.listen();
  server.state.addRepository(REPO);
  onTestFinished(() => server.close());
  return server;
}

test('a proxy that the environment names is used, and not where NO_PROXY names the host', async () => {
  const server = await serve();
  const passed: string[] = [];
  const proxy = createHttpServer((asked, answer) => {
    passed.push(`${asked.method} ${asked.url}`);
    const { method, headers, url = '' } = asked;
    const onward = request(url, { ...(method === undefined ? {} : { method }), headers, agent: false }, (got) => {
      answer.writeHead(got.statusCode ?? 0, got.headers);
      got.pipe(answer);
    });
    asked.pipe(onward);
  });
  const HTTP_PROXY = `http://127.0.0.1:${await listening(proxy)}`;
  const options = { apiUrl: server.url, token: server.token, patienceSeconds: 0, onWait: () => undefined };
  const head = server.state.find(REPO)?.branches.get('main') ?? '';
  const behind = createGitHub({ ...options, env: { HTTP_PROXY } });
  expect(await behind.defaultBranch(REPO, signal)).toBe('main');
  await behind.createBranch(REPO, 'log', head, signal);
  expect(passed).toEqual([`GET ${server.url}/repos/${REPO}`, `POST ${server.url}/repos/${REPO}/git/refs`]);
  const beside = createGitHub({ ...options, env: { HTTP_PROXY, NO_PROXY: '127.0.0.1' } });
  expect(await beside.defaultBranch(REPO, signal)).toBe('main');
  expect(passed).toHaveLength(2);
  expect(server.requests).toHaveLength(3);
});

test('an authority of one’s own is trusted by NODE_EXTRA_CA_CERTS, and else the hint names it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-github-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const authority = { name: 'authority', ...makeCertificate({ name: 'authority' }) };
  const { cert, key } = makeCertificate({ name: 'host', hosts: ['localhost'], issuer: authority });
  writeFileSync(join(folder, 'ca.crt'), authority.cert);
  const about = { full_name: REPO, private: true, default_branch: 'trunk' };
  const tls = createHttpsServer({ cert, key }, (_, answer) => {
    answer.setHeader('content-type', 'application/json').end(JSON.stringify(about));
  });
  const apiUrl = `https://localhost:${await listening(tls)}`;
  const options = { apiUrl, token: 'x', patienceSeconds: 60 };
  const host = createGitHub({ ...options, onWait: () => expect.unreachable('waiting is in vain') });
  await expect(host.defaultBranch(REPO, signal)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/the certificate of localhost:\d+ is not trusted \([A-Z_]+\)$/),
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  const program = `
    const { createGitHub } = await import(${JSON.stringify(resolve('src/adapters/github/code-host.ts'))});
    const host = createGitHub({ ...${JSON.stringify(options)}, onWait: console.error });
    console.log(await host.defaultBranch('${REPO}', new AbortController().signal));`;
  const env = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt') };
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program], { env });
  expect(stdout).toBe('trunk');
});
