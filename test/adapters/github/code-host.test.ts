import { afterEach, expect } from 'vitest';
import { createGitHub } from '../../../src/adapters/github/code-host.ts';
import { describeCodeHost } from '../../contract/code-host-contract.ts';
import { GitHubServer, type GitHubServerOptions } from '../../github/github-server.ts';

const open: GitHubServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    await server.close();
    expect(server.violations).toEqual([]);
  }
});

async function serve(options: GitHubServerOptions) {
  const server = new GitHubServer(options);
  await server.listen();
  open.push(server);
  const { state, token, url: apiUrl } = server;
  const host = createGitHub({ apiUrl, token, patienceSeconds: 0, onWait: () => undefined });
  return { server, host, state };
}

describeCodeHost('of GitHub', async () => serve({ hasLimits: false }));

describeCodeHost('of GitHub Enterprise Server, with a classic token', async () => {
  const served = await serve({ hasLimits: false, prefix: '/api/v3' });
  served.server.rights = { kind: 'classic', scopes: ['repo'] };
  return served;
});
