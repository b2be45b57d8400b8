import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isSecretName } from '../../domain/redaction/redact.ts';
import { Masker } from '../logs/masking.ts';

/** Where this machine keeps what nobody else may see. */
export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--kubeconfig`. */
  readonly kubeconfig?: string;
}

/** Keys of a kubeconfig, in YAML or JSON, whose values let somebody in; `value` is that of a login program's variable. */
const KUBECONFIG =
  /["']?\b(?:token|password|client-key-data|id-token|refresh-token|access-token|client-secret|value)["']?\s*:\s*["']?([^"'\s,}{]+)/g;
const TOKEN_FILE = /["']?\b(?:tokenFile|client-key)["']?\s*:\s*["']?([^"'\n,}{]+)/g;

/**
 * Masks the values that this machine knows to be secret, in every form they may be written in, and those of `more`. The values
 * are read here and leave this function in no way.
 */
export function maskKnownSecrets(places: SecretPlaces, more: readonly string[]): (text: string) => string {
  const masker = new Masker([
    ...environmentSecrets(places),
    ...kubeconfigSecrets(places),
    ...hubSecrets(places),
    ...more,
  ]);
  return (text) => masker.text(text);
}

/** The text of a secret's file, for `more`; empty where it cannot be read. */
export function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function environmentSecrets({ env }: SecretPlaces): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    if (isSecretName(name)) return [value];
    // Only the secret part of an address: the rest is a fact.
    const userinfo = /^[a-z][a-z0-9+.-]*:\/\/([^/@]+)@/i.exec(value)?.[1];
    return userinfo === undefined ? [] : [userinfo, ...userinfo.split(':').slice(1)];
  });
}

function kubeconfigSecrets({ env, kubeconfig }: SecretPlaces): readonly string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const files = kubeconfig === undefined ? [...listed, join(homeOf(env), '.kube', 'config')] : [kubeconfig];
  return files.flatMap((path) => {
    const text = readSecretFile(path);
    const named = [...text.matchAll(TOKEN_FILE)].map(([, file = '']) => readSecretFile(file.trim()));
    return [...[...text.matchAll(KUBECONFIG)].map(([, value = '']) => value), ...named.filter((value) => value !== '')];
  });
}

function hubSecrets({ env }: SecretPlaces): readonly string[] {
  const cache = env['HF_HOME'] ?? join(homeOf(env), '.cache', 'huggingface');
  return [readSecretFile(env['HF_TOKEN_PATH'] ?? join(cache, 'token'))].filter((value) => value !== '');
}

function homeOf(env: SecretPlaces['env']): string {
  return env['HOME'] ?? homedir();
}
