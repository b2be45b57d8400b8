import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GitHubServer } from './github-server.ts';

let server: GitHubServer;

beforeEach(async () => {
  server = new GitHubServer();
  await server.listen();
  server.state.addRepository('a/b').addPull({});
});
afterEach(() => server.close());

async function ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `token ${server.token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as { readonly message?: string } };
}

describe('a request against the description is answered with 500 and noted', () => {
  const comments = '/repos/a/b/issues/1/comments';
  const bad: readonly (readonly [string, string, string, unknown, string])[] = [
    ['no such path', 'GET', '/repos/a/b/coments', undefined, 'is not in the description'],
    ['no such method', 'DELETE', '/repos/a/b', undefined, 'is not in the description'],
    ['a parameter of the path', 'GET', '/repos/a/b/pulls/x1', undefined, 'pull_number is no integer'],
    ['a parameter that is none', 'GET', `${comments}?per-page=1`, undefined, 'per-page is no parameter'],
    ['a parameter of another type', 'GET', `${comments}?page=two`, undefined, 'page is no integer'],
    ['no body', 'POST', comments, undefined, 'the body is missing'],
    ['a field that is missing', 'POST', comments, {}, "must have required property 'body'"],
    ['a field of another type', 'POST', comments, { body: 7 }, 'body/body must be string'],
    ['a word that is none', 'POST', `/repos/a/b/statuses/${'f'.repeat(40)}`, { state: 'good' }, 'allowed values'],
    ['a field that is none', 'POST', comments, { body: 'x', text: 'y' }, 'body/text is no field'],
  ];

  test.each(bad)('%s', async (_, method, path, body, violation) => {
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(500);
    expect(answer.body.message).toContain(violation);
    expect(server.violations).toHaveLength(1);
    expect(server.state.find('a/b')?.comments).toEqual([]);
  });
});

test('a request by the description is none', async () => {
  expect((await ask('POST', '/repos/a/b/issues/1/comments', { body: 'x' })).status).toBe(201);
  expect((await ask('GET', '/repos/a/b/issues/1/comments?page=1&per_page=100')).status).toBe(200);
  expect((await ask('GET', '/repos/a/b', undefined, { authorization: 'token other' })).status).toBe(401);
  expect(server.violations).toEqual([]);
});
