import { accessSync, constants, existsSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExecaError, execa } from 'execa';
import type { Finding } from '../../domain/diagnosis/finding.ts';
import type { Doctor } from '../../ports/doctor.ts';

export interface MachineOptions {
  readonly stateDir: string;
  readonly path: string;
}

const NODE_MAJOR = 24;
const PYTHON_MINOR = 11;
/** Environments of the laptop engines take less than 1 GiB, and checkpoints of a tiny model little. */
const LOW_DISK_BYTES = 2 * 2 ** 30;
const LOOK_MS = 20_000;

/** What the local target needs of this machine. */
export function createMachineDoctor(options: MachineOptions): Doctor {
  return {
    async *examine(signal) {
      yield nodeFinding();
      yield await pythonFinding(options.path, signal);
      yield await gitFinding(options.path, signal);
      yield stateFinding(options.stateDir);
      yield await diskFinding(options.stateDir);
      yield await environmentsFinding(options.stateDir);
    },
  };
}

function nodeFinding(): Finding {
  const major = Number(process.versions.node.split('.', 1)[0]);
  const message = `${process.versions.node} (${process.execPath})`;
  if (major >= NODE_MAJOR) return { name: 'Node', state: 'ok', message };
  return {
    name: 'Node',
    state: 'problem',
    message: `${message} is older than ${NODE_MAJOR}`,
    fix: `install Node ${NODE_MAJOR} or newer`,
  };
}

async function pythonFinding(path: string, signal: AbortSignal): Promise<Finding> {
  const uv = await firstLine('uv', ['--version'], path, signal);
  const python = await firstLine('python3', ['--version'], path, signal);
  const name = 'Python';
  const minor = /^Python 3\.(\d+)/.exec(python ?? '')?.[1];
  if (minor !== undefined && Number(minor) >= PYTHON_MINOR) {
    const installer = uv === undefined ? 'environments are made with venv and pip' : `environments are made with ${uv}`;
    return { name, state: 'ok', message: `${python}; ${installer}` };
  }
  const fix = `install Python 3.${PYTHON_MINOR} or newer, or uv (https://docs.astral.sh/uv)`;
  if (uv !== undefined)
    return { name, state: 'warning', message: `${python ?? 'no python3'}; ${uv} has to bring one`, fix };
  return {
    name,
    state: 'problem',
    message: python === undefined ? 'neither python3 nor uv was found' : `${python} is older than 3.${PYTHON_MINOR}`,
    fix,
  };
}

async function gitFinding(path: string, signal: AbortSignal): Promise<Finding> {
  const git = await firstLine('git', ['--version'], path, signal);
  if (git !== undefined) return { name: 'git', state: 'ok', message: git };
  return {
    name: 'git',
    state: 'warning',
    message: 'not found: taxonomies are read without their history, and none by URL',
    fix: 'install git',
  };
}

function stateFinding(stateDir: string): Finding {
  const folder = nearest(stateDir);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { name: 'State', state: 'ok', message: stateDir };
  } catch {
    return {
      name: 'State',
      state: 'problem',
      message: `${stateDir}: ${folder} cannot be written`,
      fix: 'choose another folder with `--state-dir` or ILAB_BACKEND_STATE_DIR',
    };
  }
}

async function diskFinding(stateDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(nearest(stateDir));
  const free = bavail * bsize;
  const message = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  if (free >= LOW_DISK_BYTES) return { name: 'Disk', state: 'ok', message };
  return { name: 'Disk', state: 'warning', message, fix: 'free space, or choose another folder with `--state-dir`' };
}

async function environmentsFinding(stateDir: string): Promise<Finding> {
  const names = await readdir(join(stateDir, 'envs')).catch(() => []);
  const built = names.filter((name) => name.startsWith('image-')).length;
  const message = built === 0 ? 'none yet; the first run installs what it needs' : `${built} built`;
  return { name: 'Environments', state: 'ok', message };
}

/** The folder itself, or the nearest one above it that exists. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

/** Undefined when the program is not there or does not answer in time. */
async function firstLine(
  program: string,
  args: readonly string[],
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const done = await execa(program, args, {
      cancelSignal: signal,
      timeout: LOOK_MS,
      stdin: 'ignore',
      all: true,
      env: { PATH: path },
    });
    return done.all.split('\n', 1)[0]?.trim();
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    signal.throwIfAborted();
    return undefined;
  }
}
