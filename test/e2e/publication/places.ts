import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { GitHubServer } from '../../github/github-server.ts';
import type { StoredRepository } from '../../github/host-state.ts';
import { ADA } from '../../huggingface/hub-of.ts';
import { startHub, type TestHub } from '../../huggingface/hub-server.ts';

export const REPO = 'ada/workshop-tiny';
export const TAXONOMY = 'acme/taxonomy';

/** A model hub and a code host on this machine. */
export interface Places {
  readonly hub: TestHub;
  readonly host: GitHubServer;
  readonly taxonomy: StoredRepository;
  /** What reaches them. */
  readonly env: Record<string, string>;
}

/** Both, for one test: no model, and a taxonomy with the merged pull requests `pulls`. `address`: of this machine. */
export async function openPlaces(pulls: readonly number[], address = '127.0.0.1'): Promise<Places> {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-places-'));
  const hub = await startHub({ address, folder, tokens: { [ADA]: { user: 'ada', role: 'write' } } });
  const host = new GitHubServer();
  await host.listen(0, address);
  const taxonomy = host.state.addRepository(TAXONOMY);
  for (const number of pulls) taxonomy.addPull({ number });
  onTestFinished(async () => {
    await Promise.all([hub.close(), host.close()]);
    rmSync(folder, { recursive: true });
    // Every request was one that GitHub's published description allows.
    expect(host.violations).toEqual([]);
  });
  const env = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: ADA, GITHUB_API_URL: host.url, GITHUB_TOKEN: host.token };
  return { hub, host, taxonomy, env };
}

/** All that publishing one run can have left, to compare. */
export function traces({ hub, taxonomy }: Places, run: string) {
  const repository = hub.state.repositories.get(REPO);
  const commits = [...(repository?.commits.values() ?? [])];
  return {
    commits: commits.filter(({ message }) => /^Ilab-Run: /m.test(message)).length,
    tags: [...(repository?.tags.keys() ?? [])],
    branches: [...taxonomy.branches.keys()],
    pulls: [...taxonomy.pulls.values()].filter(({ author }) => author !== 'contributor').length,
    entries: [...taxonomy.branches.keys()].map(
      (branch) =>
        taxonomy
          .file(branch, 'CHANGELOG.md')
          ?.split('\n')
          .filter((line) => line === `## ${run}`).length ?? 0,
    ),
    comments: taxonomy.comments.map(({ pull }) => pull),
    labels: [...taxonomy.pulls.values()].map(({ labels }) => labels.length),
    releases: taxonomy.releases.map(({ tag }) => tag),
  };
}
