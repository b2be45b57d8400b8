import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parsePipConfig, siteSecrets } from '../../../src/adapters/images/site-secrets.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'site-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** What the build is handed, by id. */
function handed(env: Record<string, string>): {
  readonly files: Record<string, string>;
  readonly modes: readonly number[];
} {
  const secrets = siteSecrets({ env: { PIP_CONFIG_FILE: '/dev/null', ...env }, home });
  const files: Record<string, string> = {};
  const modes: number[] = [];
  const places: string[] = [];
  for (const flag of secrets.flags.filter((word) => word !== '--secret')) {
    const [, id, file] = /^id=([^,]+),src=(.+)$/.exec(flag) ?? [];
    if (id === undefined || file === undefined) throw new Error(`no secret: ${flag}`);
    files[id] = readFileSync(file, 'utf8');
    modes.push(statSync(file).mode & 0o777);
    places.push(file);
  }
  secrets.remove();
  for (const place of places) expect(existsSync(place)).toBe(false);
  return { files, modes };
}

test('nothing is handed to a build where nothing is set', () => {
  expect(handed({})).toEqual({ files: {}, modes: [] });
});

test('the index, the proxy and the authority of the caller reach the build, for its eyes only', () => {
  writeFileSync(join(home, 'ca.crt'), 'CERTIFICATE');
  const { files, modes } = handed({
    PIP_INDEX_URL: 'https://user:word@index.example/simple',
    PIP_CERT: join(home, 'ca.crt'),
    PIP_FIND_LINKS: '/opt/wheels',
    PIP_NO_CACHE_DIR: '1',
  });
  expect(files['pip.conf']).toBe(
    '[global]\nindex-url = https://user:word@index.example/simple\ncert = /run/secrets/ca.crt\n',
  );
  expect(files['ca.crt']).toBe('CERTIFICATE');
  expect(modes).toEqual([0o600, 0o600]);
});

test('an authority that is not there is none', () => {
  expect(handed({ SSL_CERT_FILE: join(home, 'gone.crt') }).files).toEqual({});
});

test('files of pip are read in its order, and the environment wins', () => {
  mkdirSync(join(home, '.config/pip'), { recursive: true });
  writeFileSync(join(home, '.config/pip/pip.conf'), '[global]\nindex-url = https://a\nretries = 3\n');
  writeFileSync(join(home, 'named.conf'), '[global]\nindex-url = https://b\ntrusted-host = b\n  c\n');
  const { files } = handed({ PIP_CONFIG_FILE: join(home, 'named.conf'), PIP_RETRIES: '9' });
  // What the machine's own /etc/pip.conf says comes first, and may be there.
  expect(files['pip.conf']).toContain('index-url = https://b\ntrusted-host = b\n  c\n');
  expect(files['pip.conf']).toContain('retries = 9\n');
});

test.each([
  ['[global]\nindex-url = a\n[install]\nindex-url: b\n', { 'index-url': 'b' }],
  ['# x\n[global]\nextra_index_url =\n  a\n  b\n; y\n', { 'extra-index-url': 'a\nb' }],
  ['[freeze]\ntimeout = 1\n', {}],
  ['nonsense\n', {}],
])('%j', (text, settings) => expect(Object.fromEntries(parsePipConfig(text))).toEqual(settings));
