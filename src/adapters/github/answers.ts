import * as z from 'zod';
import type { HostComment, HostRelease, PullRequest } from '../../ports/code-host.ts';

/** What of the host's answers is used; more is let through unread. */
const account = z.object({ login: z.string(), type: z.string() }).nullish();

export const userAnswer = z.object({ login: z.string() });

export const repositoryAnswer = z.object({
  full_name: z.string(),
  private: z.boolean(),
  default_branch: z.string(),
  permissions: z.object({ push: z.boolean().default(false), triage: z.boolean().default(false) }).nullish(),
});

export const pullAnswer = z.object({
  number: z.int(),
  title: z.string(),
  state: z.string(),
  merged_at: z.string().nullish(),
  html_url: z.string(),
  user: account,
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ full_name: z.string() }).nullish() }),
});

export const commentAnswer = z.object({
  id: z.int(),
  body: z.string().nullish(),
  html_url: z.string(),
  user: account,
});

export const releaseAnswer = z.object({
  tag_name: z.string(),
  name: z.string().nullish(),
  body: z.string().nullish(),
  html_url: z.string(),
});

export const refAnswer = z.object({ object: z.object({ sha: z.string() }) });

/** A folder is a list. */
export const contentAnswer = z.union([
  z.array(z.unknown()),
  z.object({ type: z.string(), sha: z.string(), encoding: z.string().optional(), content: z.string().optional() }),
]);

export const blobAnswer = z.object({ encoding: z.literal('base64'), content: z.string() });

export const fileCommitAnswer = z.object({ commit: z.object({ sha: z.string() }) });

/** Where only that it was done is of interest. */
export const anyAnswer = z.union([z.object(), z.array(z.unknown())]);

/** A pull request in the words of the port. */
export function pullOf(answer: z.infer<typeof pullAnswer>): PullRequest {
  const { number, title, state, merged_at, user, head, html_url: url } = answer;
  const isMerged = merged_at !== null && merged_at !== undefined;
  return {
    number,
    title,
    ...(user === null || user === undefined ? {} : { author: user.login }),
    state: isMerged ? 'merged' : state === 'open' ? 'open' : 'closed',
    head: head.sha,
    url,
  };
}

export function commentOf({ id, body, html_url: url }: z.infer<typeof commentAnswer>): HostComment {
  return { id, body: body ?? '', url };
}

export function releaseOf({ tag_name: tag, name, body, html_url: url }: z.infer<typeof releaseAnswer>): HostRelease {
  return { tag, name: name ?? '', body: body ?? '', url };
}
