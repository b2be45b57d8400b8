import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { loadYaml } from '@kubernetes/client-node/dist/yaml.js';
import * as z from 'zod';
import { UserError } from '../../../../domain/errors.ts';
import type { HostEnv } from '../host-env.ts';
import { type ClusterEntry, type ContextEntry, kubeconfigFile, type UserEntry } from './schema.ts';

/** What the kubeconfig files say together: the first that names a thing wins, as with kubectl. Paths are absolute. */
export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
}

/** Where to look. */
export interface KubeconfigRequest {
  readonly env: HostEnv;
  readonly home: string;
  /** `--kubeconfig`: this file and no other. */
  readonly kubeconfig?: string;
}

/** The merged files; undefined where there is none. Throws `bad-config` for one that cannot be read or says nonsense. */
export function readKubeconfig(request: KubeconfigRequest): Kubeconfig | undefined {
  const files = filesOf(request);
  if (files.length === 0) return undefined;
  const parts = files.map(readFile);
  return {
    files,
    currentContext: parts.map((part) => part['current-context']).find((name) => name !== undefined),
    clusters: firstWins(
      parts.flatMap(({ clusters }) => (clusters ?? []).map(({ name, cluster }) => [name, cluster] as const)),
    ),
    users: firstWins(parts.flatMap(({ users }) => (users ?? []).map(({ name, user }) => [name, user] as const))),
    contexts: firstWins(
      parts.flatMap(({ contexts }) => (contexts ?? []).map(({ name, context }) => [name, context] as const)),
    ),
  };
}

/** The names that were searched, for the message that none was there. */
export function searchedFiles({ env, home }: KubeconfigRequest): readonly string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? [...new Set(listed.map((path) => resolve(path)))] : [join(home, '.kube', 'config')];
}

function filesOf(request: KubeconfigRequest): readonly string[] {
  if (request.kubeconfig === undefined) return searchedFiles(request).filter((path) => existsSync(path));
  const path = resolve(request.kubeconfig);
  if (existsSync(path)) return [path];
  throw new UserError('bad-usage', `there is no kubeconfig ${path}`, { hint: 'name one with `--kubeconfig FILE`' });
}

type FileContent = z.output<typeof kubeconfigFile>;

function readFile(path: string): FileContent {
  const text = read(path);
  if (text.trim() === '') return kubeconfigFile.parse({});
  const { success, data, error } = kubeconfigFile.safeParse(parse(path, text));
  if (!success) throw broken(path, z.prettifyError(error).split('\n').join('; '));
  return absolutePaths(data, dirname(path));
}

/** Paths are told relative to their file. */
function absolutePaths(content: FileContent, root: string): FileContent {
  const clusters = (content.clusters ?? []).map(({ name, cluster }) => ({
    name,
    cluster: cluster == null ? cluster : withAbsolute(cluster, ['certificate-authority'], root),
  }));
  const users = (content.users ?? []).map(({ name, user }) => ({
    name,
    user: user == null ? user : withCommand(withAbsolute(user, USER_FILES, root), root),
  }));
  return { ...content, clusters, users };
}

const USER_FILES = ['client-certificate', 'client-key', 'tokenFile'] as const;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw broken(path, (error as Error).message, error);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return loadYaml(text);
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    throw broken(path, line, error);
  }
}

function broken(path: string, what: string, cause?: unknown): UserError {
  return new UserError('bad-config', `the kubeconfig ${path} cannot be used: ${what}`, {
    cause,
    hint: 'mend the file, or name another with `--kubeconfig FILE` or KUBECONFIG',
  });
}

function withAbsolute<T extends object>(entry: T, keys: readonly (keyof T & string)[], root: string): T {
  const found = keys.flatMap((key) => {
    const value = entry[key];
    return typeof value === 'string' && !isAbsolute(value) ? [[key, join(root, value)] as const] : [];
  });
  return { ...entry, ...Object.fromEntries(found) };
}

/** A command with a slash is a path beside the file; one without is looked for on PATH. */
function withCommand(user: UserEntry, root: string): UserEntry {
  const { exec } = user;
  return exec?.command.includes('/') ? { ...user, exec: withAbsolute(exec, ['command'], root) } : user;
}

function firstWins<T>(entries: readonly (readonly [string, T | null | undefined])[]): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const [name, value] of entries) if (value != null && !found.has(name)) found.set(name, value);
  return found;
}
