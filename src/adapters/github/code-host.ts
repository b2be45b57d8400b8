import { Octokit } from '@octokit/rest';
import type { Clock } from '../../ports/clock.ts';
import type { CodeHost } from '../../ports/code-host.ts';
import { systemClock } from '../clock/system-clock.ts';
import { Api } from './api.ts';
import { Asker } from './asker.ts';
import { createFetch } from './connection.ts';
import { contents } from './contents.ts';
import { pullRequests } from './pull-requests.ts';
import { refs } from './refs.ts';
import { remarks } from './remarks.ts';
import { rightsOf } from './rights.ts';
import { checkedToken, checkedUrl } from './settings.ts';

export interface GitHubOptions {
  /** `GITHUB_API_URL`; absent = the public one. For GitHub Enterprise Server it ends in `/api/v3`. */
  readonly apiUrl?: string;
  /** `GITHUB_TOKEN`: a personal access token of either kind, or an app's. */
  readonly token: string;
  /** Seconds that one call may wait for a host that limits or does not answer; 0 = not at all. */
  readonly patienceSeconds: number;
  /** Told each time something is waited for. */
  readonly onWait: (sentence: string) => void;
  /** Seconds until an answer must be complete; absent = 30. */
  readonly requestSeconds?: number;
  /** Where proxies are named: HTTP_PROXY, HTTPS_PROXY, NO_PROXY; absent = no proxy. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

const REQUEST_S = 30;

/** GitHub or GitHub Enterprise. Throws `bad-config` for a token or an address that cannot be one. */
export function createGitHub(options: GitHubOptions): CodeHost {
  const { patienceSeconds, onWait, requestSeconds = REQUEST_S, env = {}, clock = systemClock } = options;
  const token = checkedToken(options.token);
  const baseUrl = checkedUrl(options.apiUrl);
  const quiet = () => undefined;
  const { rest } = new Octokit({
    auth: token,
    baseUrl,
    userAgent: 'ilab-backend',
    request: { fetch: createFetch({ requestSeconds, env }) },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const api = new Api(rest, new Asker({ host: new URL(baseUrl).host, token, patienceSeconds, onWait, clock }));
  return {
    rights: (repo, signal) => rightsOf(api, repo, signal),
    defaultBranch: async (repo, signal) => (await api.about(repo, signal)).data.default_branch,
    ...pullRequests(api),
    ...remarks(api),
    ...contents(api),
    ...refs(api),
  };
}
