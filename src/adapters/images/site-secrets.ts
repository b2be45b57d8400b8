import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../files/remove-tree.ts';

/*
 * What a site asks of whoever fetches packages: an index, a proxy, a certificate authority of its own. A build sees none
 * of it by itself. It is handed in as secrets of the build: files that are there while a step runs and in no layer.
 * A Containerfile takes them with `RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.crt`, and does without
 * where there are none. Proxy variables need nothing: every engine passes them on and keeps them out of the image.
 */

/** Where an engine puts the secrets inside of a build. */
const SECRETS_FOLDER = '/run/secrets';
/** Of pip's settings, those that say how packages are reached; all others are about the caller's machine. */
const NETWORK_KEYS = ['index-url', 'extra-index-url', 'trusted-host', 'proxy', 'timeout', 'default-timeout', 'retries'];
/** Each is the caller's way to say "trust these". */
const CA_VARIABLES = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE'];

export interface SiteOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** Flags for the engine's `build`, and how to take away what they name. */
export interface SiteSecrets {
  readonly flags: readonly string[];
  remove(): void;
}

/** Puts them into a temporary folder that only this user reads; no flags and no folder where the site asks nothing. */
export function siteSecrets(options: SiteOptions): SiteSecrets {
  const settings = pipSettings(options);
  const ca = authority(options.env, settings.get('cert'));
  const lines = NETWORK_KEYS.flatMap((key) => {
    const value = settings.get(key);
    // A value of several lines goes on with indented ones.
    return value === undefined ? [] : [`${key} = ${value.split(/\s*\n\s*/).join('\n  ')}`];
  });
  if (ca !== undefined) lines.push(`cert = ${SECRETS_FOLDER}/ca.crt`);
  if (lines.length === 0) return { flags: [], remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'ilab-backend-site-'));
  const files = new Map([['pip.conf', `[global]\n${lines.join('\n')}\n`]]);
  if (ca !== undefined) files.set('ca.crt', readFileSync(ca, 'utf8'));
  for (const [name, text] of files) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const flags = [...files.keys()].flatMap((name) => ['--secret', `id=${name},src=${join(folder, name)}`]);
  return { flags, remove: () => removeTree(folder) };
}

/** As pip reads them: the machine's file, the person's, the one named, the environment; the last one wins. */
function pipSettings({ env, home }: SiteOptions): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const config = env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  const named = env['PIP_CONFIG_FILE'];
  const files =
    named === '/dev/null' // pip's way to say "no file"
      ? []
      : ['/etc/pip.conf', join(home, '.pip', 'pip.conf'), join(config, 'pip', 'pip.conf'), ...(named ? [named] : [])];
  for (const file of files) {
    if (!existsSync(file)) continue;
    for (const [key, value] of parsePipConfig(readFileSync(file, 'utf8'))) settings.set(key, value);
  }
  for (const key of [...NETWORK_KEYS, 'cert']) {
    const value = env[`PIP_${key.toUpperCase().replaceAll('-', '_')}`];
    if (value !== undefined && value !== '') settings.set(key, value);
  }
  return settings;
}

/** The sections `global` and `install` of a file in Python's configparser format; what is said for `install` wins. */
export function parsePipConfig(text: string): ReadonlyMap<string, string> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const name = /^\[(.+)\]\s*$/.exec(line)?.[1];
    const [, key, value] = /^([A-Za-z][\w-]*)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      last = undefined;
    } else if (/^\s*([#;].*)?$/.test(line)) {
      // Empty, or a comment.
    } else if (key !== undefined && value !== undefined) {
      last = key.toLowerCase().replaceAll('_', '-');
      section.set(last, value.trim());
    } else if (last !== undefined) {
      section.set(last, `${section.get(last) ?? ''}\n${line.trim()}`.trim());
    }
  }
  return new Map([...(sections.get('global') ?? []), ...(sections.get('install') ?? [])]);
}

function authority(env: SiteOptions['env'], fromPip: string | undefined): string | undefined {
  const candidates = [env['PIP_CERT'], fromPip, ...CA_VARIABLES.map((name) => env[name])];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path));
}
