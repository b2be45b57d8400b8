import { UserError } from '../../domain/errors.ts';

const PUBLIC = 'https://api.github.com';

/** Throws `bad-config`, without the value. */
export function checkedToken(given: string): string {
  const token = given.trim();
  if (token === '')
    throw new UserError('bad-config', 'there is no token for GitHub: GITHUB_TOKEN is empty', {
      hint: 'set GITHUB_TOKEN; docs/publish.md says which rights it needs',
    });
  // It becomes a header; what is refused there is repeated in the message.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UserError('bad-config', 'GITHUB_TOKEN holds characters that are in no token', {
      hint: 'set it to the token alone: one line, no quotes',
    });
  return token;
}

/** Without a slash at its end; empty = the public one. Throws `bad-config`. */
export function checkedUrl(given = ''): string {
  const url = URL.canParse(given || PUBLIC) ? new URL(given || PUBLIC) : undefined;
  const isHttp = url !== undefined && /^https?:$/.test(url.protocol);
  if (!isHttp || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new UserError('bad-config', 'GITHUB_API_URL is no address of an API', {
      hint: `write https://HOST/api/v3 for GitHub Enterprise Server; unset, it is ${PUBLIC}`,
    });
  return url.href.replace(/\/+$/, '');
}
