/*
 * The GitHub of the tests as a program, for who wants to try something by hand, and for tests that start it as a process.
 * usage: node main.ts OWNER/NAME [PORT]
 *
 * It prints what to set: GITHUB_API_URL and GITHUB_TOKEN; then each request with its answer, on stderr. The repository has
 * one commit and one merged pull request that brought it. It ends when stdin ends, with 1 after a request that is against
 * GitHub's description.
 *
 * GET  /_test/state     what it remembers of the repository, as JSON
 * POST /_test/faults    {"operation": "GET /user", "fault": {"kind": "hang"}, "times": 1}; kinds: github-server.ts
 */

import { GitHubServer } from './github-server.ts';

const [name, port = '0'] = process.argv.slice(2);
if (name === undefined) throw new Error('usage: node main.ts OWNER/NAME [PORT]');
const server = new GitHubServer();
const repository = server.state.addRepository(name);
repository.addPull({ commits: [...repository.branches.values()] });
server.onServed = ({ method, path }, status) => console.error(`${method} ${path}: ${status ?? 'no answer'}`);
await server.listen(Number(port));
console.log(`GITHUB_API_URL=${server.url}\nGITHUB_TOKEN=${server.token}`);
process.stdin.resume().once('end', () => {
  for (const violation of server.violations) console.error(`against the description: ${violation}`);
  process.exitCode = server.violations.length === 0 ? 0 : 1;
  server.close().catch(() => undefined);
});
