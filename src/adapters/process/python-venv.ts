import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { sha256 } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import type { Installation } from '../../ports/target.ts';
import { removeTree } from '../files/remove-tree.ts';
import type { EngineLock } from './engine-lock.ts';

/** What the drivers need at least. */
const OLDEST = [3, 11] as const;
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
const SHOWN_LINES = 12;
const ABANDONED_MS = 24 * 60 * 60 * 1000;
const LARGEST_SCRIPT = 1024 * 1024;

export interface PythonHost {
  /** The folder of all environments. */
  readonly envs: string;
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
}

interface Python {
  readonly path: string;
  /** `3.11.7`. */
  readonly version: string;
  /** The wheel of pip that came with it; undefined where that is a package of its own (Debian's python3-venv) and not there. */
  readonly pip: string | undefined;
}

const ABOUT_PYTHON = `
import os, sys, sysconfig
print("%d.%d.%d" % sys.version_info[:3], sys.executable)
try:
    import ensurepip
    bundled = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    for folder in filter(None, (sysconfig.get_config_var("WHEEL_PKG_DIR"), bundled)):
        wheel = os.path.join(folder, "pip-%s-py3-none-any.whl" % ensurepip.version())
        if os.path.isfile(wheel):
            print(wheel)
            break
except Exception:
    pass
`;

/**
 * Makes the virtual environment of a lock file, once for all engines that have the same lock, finish and python, and returns its
 * folder. Whatever fails leaves nothing behind; two that install at once do the work twice and keep one.
 */
export async function prepareVenv(
  host: PythonHost,
  image: EngineLock,
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { uv, python, path } = await placeOf(host, image, signal);
  if (isUsable(path)) return path;
  // Under a name of its own: another may be doing the same, in this process too.
  const temporary = `${path}.${randomUUID()}.tmp`;
  mkdirSync(host.envs, { recursive: true, mode: 0o700 });
  removeAbandoned(host.envs);
  const packages = packagesOf(image);
  say(
    `Installing ${packages} ${packages === 1 ? 'package' : 'packages'} for ${image.name} with ${uv === undefined ? 'pip' : 'uv'} (once)`,
  );
  try {
    const lockFile = `${temporary}.lock`;
    writeFileSync(lockFile, image.lock);
    try {
      for (const command of commands(uv !== undefined, { python, temporary, lockFile })) {
        await install(host, image, command, signal);
      }
      if (image.finish !== undefined) {
        await install(host, image, [join(temporary, 'bin', 'python'), '-B', image.finish.path], signal);
      }
    } finally {
      removeTree(lockFile);
    }
    moveScripts(join(temporary, 'bin'), temporary, path);
    keep(temporary, path);
  } finally {
    removeTree(temporary);
  }
  return path;
}

/** With what an environment is made, and where it is. */
async function placeOf(host: PythonHost, image: EngineLock, signal: AbortSignal) {
  const uv = await versionOf(host, 'uv', ['--version'], signal);
  const python = await findPython(host, image, signal);
  // pip runs out of its wheel: to install and compile it took longer than what it was for. Without the wheel `venv` looks for
  // one itself, and says what to install when there is none.
  const hasPip = uv === undefined && python.pip === undefined;
  return { uv, python, path: join(host.envs, `venv-${hashOf(image, python, hasPip)}`) };
}

/** Where the environment of a lock file will be, and what is installed into it; undefined = it is there. Makes nothing. */
export async function missingVenv(host: PythonHost, image: EngineLock): Promise<Installation | undefined> {
  const packages = packagesOf(image);
  try {
    const { path: place } = await placeOf(host, image, new AbortController().signal);
    return isUsable(place) ? undefined : { place, packages };
  } catch (error) {
    // That there is no Python is told by whoever needs it: `doctor` and `run`.
    if (!(error instanceof UserError)) throw error;
    return { place: host.envs, packages };
  }
}

function packagesOf({ lock }: EngineLock): number {
  return lock.match(/^[A-Za-z0-9]/gm)?.length ?? 0;
}

function commands(
  uv: boolean,
  { python, temporary, lockFile }: { readonly python: Python; readonly temporary: string; readonly lockFile: string },
): readonly (readonly string[])[] {
  const made = join(temporary, 'bin', 'python');
  const locked = ['--no-deps', '--require-hashes', '-r', lockFile];
  if (uv) {
    const installer = ['uv', '--no-config', 'pip', 'install', '--python', made];
    return [
      ['uv', '--no-config', 'venv', '--no-project', '--python', python.path, temporary],
      [...installer, ...locked],
    ];
  }
  const pip = python.pip === undefined ? ['-m', 'pip'] : [join(python.pip, 'pip')];
  return [
    [python.path, '-m', 'venv', ...(python.pip === undefined ? [] : ['--without-pip']), temporary],
    [made, ...pip, '--disable-pip-version-check', '--no-input', 'install', '--no-compile', ...locked],
  ];
}

async function install(
  host: PythonHost,
  image: EngineLock,
  [command, ...args]: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const result = await execa(command as string, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: installerEnvironment(host),
    cancelSignal: signal,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (signal.aborted) signal.throwIfAborted();
  if (!result.failed) return;
  const lines = String(result.all ?? '')
    .trim()
    .split('\n');
  // The warnings before an error are the installer's further tries, and say the same again.
  const errors = lines.filter((line) => /^\s*(error|ERROR)\b/.test(line));
  const causes = lines.filter((line) => /^WARNING: Retrying/.test(line)).slice(-1);
  const shown = errors.length > 0 && causes.length > 0 ? [...causes, ...errors] : lines.slice(-SHOWN_LINES);
  const said = shown.join('\n').trim() || (result.shortMessage ?? '');
  const noVenv = /ensurepip|No module named venv/.test(said);
  const hint = noVenv ? NO_VENV_HINT : 'mend what the installer names, then try again; nothing half-made was kept';
  throw new UserError(
    'cannot-start',
    `the packages of ${image.name} cannot be installed:\n${said.replace(/^/gm, '  | ')}`,
    { hint },
  );
}

const NO_VENV_HINT =
  'install uv (https://docs.astral.sh/uv/), or the venv module of your python (Debian: `apt install python3-venv`)';

/** The installer is the caller's tool, so it gets the caller's environment, but for what would lead it elsewhere. */
function installerEnvironment({ hostEnv }: PythonHost): Record<string, string> {
  const left = [
    'PYTHONPATH',
    'PYTHONHOME',
    'VIRTUAL_ENV',
    'PIP_TARGET',
    'PIP_PREFIX',
    'PIP_USER',
    'PIP_REQUIRE_VIRTUALENV',
  ];
  const kept = Object.entries(hostEnv).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !left.includes(entry[0]),
  );
  // Unless it is told, uv trusts a list of its own and not the machine's, as pip does: an index behind an authority of a
  // site's own would be refused. Older versions know the second name.
  const trust = { UV_SYSTEM_CERTS: '1', UV_NATIVE_TLS: '1' };
  return { ...trust, ...Object.fromEntries(kept), PYTHONNOUSERSITE: '1' };
}

/** The newest fault is the most telling: a python that is too old is named, with what was found. */
async function findPython(host: PythonHost, image: EngineLock, signal: AbortSignal): Promise<Python> {
  const found: string[] = [];
  for (const name of PYTHONS) {
    const answer = await versionOf(host, name, ['-c', ABOUT_PYTHON], signal);
    const [, version, path, pip] = /^([0-9.]+) (.+)(?:\n(.+))?$/.exec(answer ?? '') ?? [];
    if (version === undefined || path === undefined) continue;
    if (isNewEnough(version)) return { path, version, pip };
    found.push(`${name} is ${version}`);
  }
  const what = found.length === 0 ? 'there is no python3 on the PATH' : `${[...new Set(found)].join(', ')}`;
  throw new UserError('cannot-start', `${image.name} needs Python >= ${OLDEST.join('.')}: ${what}`, {
    hint: `install Python ${OLDEST.join('.')} or newer and put it on the PATH`,
  });
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** What a command prints; undefined when it is not there or fails. */
async function versionOf(
  host: PythonHost,
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const env = installerEnvironment(host);
  const result = await execa(command, args, {
    reject: false,
    extendEnv: false,
    env,
    stdin: 'ignore',
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  return result.failed ? undefined : String(result.stdout).trim();
}

function hashOf({ lock, finish }: EngineLock, python: Python, hasPip: boolean): string {
  const key = [lock, python.version, python.path, platform(), arch(), hasPip ? 'with pip' : 'without pip'];
  return sha256([...key, ...(finish ? [finish.identity] : [])].join('\n')).slice(0, 20);
}

/** Also false when the python it was made from has gone. */
function isUsable(path: string): boolean {
  return existsSync(join(path, 'bin', 'python'));
}

/** Scripts of packages name the folder they were installed in, which was the temporary one. */
function moveScripts(bin: string, from: string, to: string): void {
  for (const name of readdirSync(bin)) {
    const path = join(bin, name);
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size > LARGEST_SCRIPT) continue;
    const bytes = readFileSync(path);
    if (!bytes.includes(from) || bytes.includes(0)) continue;
    writeFileSync(path, bytes.toString('utf8').replaceAll(from, to), { mode: stat.mode });
  }
}

/** A broken environment of the same name is moved away; a good one that another has made meanwhile stays. */
function keep(temporary: string, path: string): void {
  if (isUsable(path)) return;
  const broken = `${path}.${randomUUID()}.broken.tmp`;
  if (existsSync(path)) renameSync(path, broken);
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (!isUsable(path)) throw error;
  } finally {
    removeTree(broken);
  }
}

/** What an installer has left that was killed, and nobody is still working on. */
function removeAbandoned(envs: string): void {
  for (const name of readdirSync(envs)) {
    const path = join(envs, name);
    const stat = name.endsWith('.tmp') ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_MS) removeTree(path);
  }
}
