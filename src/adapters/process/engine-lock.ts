import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles, LOCK_FILE, sharedFiles } from '../images/image-folder.ts';

/** The same packages without those of CUDA, for a machine that could not use them. */
const CPU_LOCK_FILE = 'requirements-cpu.lock';
/** A Python program that the python of a new environment runs once, when all packages are there. */
const FINISH_FILE = 'finish-environment';

/** What the environment of an engine is made from. */
export interface EngineLock {
  readonly name: string;
  /** A pip lock file with hashes. */
  readonly lock: string;
  readonly finish?: {
    readonly path: string;
    /** A hash of the program and of what it shares with others. */
    readonly identity: string;
  };
}

/** Of the engine in `folder`; `shared` holds what its files may share. */
export function readEngineLock(name: string, folder: string, shared: string, cuda: boolean): EngineLock {
  const cpu = join(folder, CPU_LOCK_FILE);
  const lock = readFileSync(!cuda && existsSync(cpu) ? cpu : join(folder, LOCK_FILE), 'utf8');
  const path = join(folder, FINISH_FILE);
  if (!existsSync(path)) return { name, lock };
  const files = new Map([[FINISH_FILE, path], ...sharedFiles([path], shared)]);
  return { name, lock, finish: { path, identity: hashFiles(files) } };
}

/** Whether this machine has an NVIDIA GPU that programs may use: its driver's device, or that of WSL. */
export function hasCuda(): boolean {
  return ['/dev/nvidiactl', '/dev/dxg'].some((device) => existsSync(device));
}
