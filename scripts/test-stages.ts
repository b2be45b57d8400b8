/*
 * Runs the Python tests of stages/: `npm run test:stages [FOLDER...]`, e.g. `stages/train/mlx`; all of them without one.
 * `--long`: those of the long suite instead, `tests/long_*.py`.
 * Each engine is tested with the packages of its own lock file, in an environment as the local target makes it.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { LOCK_FILE } from '../src/adapters/images/image-folder.ts';
import { hasCuda, readEngineLock } from '../src/adapters/process/engine-lock.ts';
import { prepareVenv } from '../src/adapters/process/python-venv.ts';

const ENVIRONMENTS = join(process.cwd(), '.stage-environments');
const { values, positionals } = parseArgs({ allowPositionals: true, options: { long: { type: 'boolean' } } });
const asked = positionals.map((folder) => folder.replace(/\/$/, ''));
const FILES = values.long === true ? 'long_*.py' : 'test_*.py';
const IS_CI = process.env['CI'] !== undefined;
/** Folders at a time; the long ones may want the whole machine. */
const WORKERS = values.long === true ? 1 : 2;

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function main(): Promise<void> {
  const folders = asked.length > 0 ? asked : longestFirst(globSync(`stages/{_lib,*/*}/tests/${FILES}`).map(engineOf));
  let [passed, failed, skipped] = [0, 0, 0];
  const waiting = [...folders];
  const work = async (): Promise<void> => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      const count = await patiently(folder);
      passed += count.passed;
      failed += count.failed;
      skipped += count.skipped;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  console.log(`\nstages: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (IS_CI && skipped > 0) console.error('Everything a stage test can need is there in CI: none may be skipped.');
  process.exitCode = failed > 0 || (IS_CI && skipped > 0) ? 1 : 0;
}

/** Of a file of its tests. */
function engineOf(file: string): string {
  return dirname(dirname(file));
}

/** Each once. What takes long to import takes long to test: the size of the lock file tells, the name where it is the same. */
function longestFirst(folders: readonly string[]): readonly string[] {
  const size = (folder: string): number => statSync(join(folder, LOCK_FILE), { throwIfNoEntry: false })?.size ?? 0;
  return [...new Set(folders)]
    .sort()
    .reverse()
    .sort((one, other) => size(other) - size(one));
}

/** CI shares its machine: as with the other suites, what fails there gets a second try, which is a fault to look into. */
async function patiently(folder: string): Promise<Count> {
  const count = await testFolder(folder);
  if (!IS_CI || count.failed === 0) return count;
  console.error(`\n== ${folder}: a second try of what failed above`);
  return await testFolder(folder);
}

async function testFolder(folder: string): Promise<Count> {
  const python = existsSync(join(folder, LOCK_FILE)) ? await environment(folder) : 'python3';
  const args = ['-m', 'unittest', 'discover', '-t', folder, '-s', join(folder, 'tests'), '-p', FILES];
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const tests = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = new Promise<number | null>((done, refuse) => tests.once('close', done).once('error', refuse));
  const [status, stdout, stderr] = await Promise.all([ended, text(tests.stdout), text(tests.stderr)]);
  // In one piece: another folder is tested at the same time.
  console.error(
    [`\n== ${folder}`, stdout, stderr]
      .map((part) => part.trimEnd())
      .filter((part) => part !== '')
      .join('\n'),
  );
  const ran = numberIn(stderr, /^Ran (\d+) tests? in /m);
  const skipped = numberIn(stderr, /\bskipped=(\d+)/);
  const failed = numberIn(stderr, /\bfailures=(\d+)/) + numberIn(stderr, /\berrors=(\d+)/);
  // No test found, or an end that unittest does not count (a crash): a failure all the same.
  if (failed === 0 && (status !== 0 || ran === 0)) return { passed: 0, failed: 1, skipped };
  return { passed: ran - failed - skipped, failed, skipped };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

let installing: Promise<unknown> = Promise.resolve();

/** The Python with the packages of an engine's lock file. One is made after the other: some engines share one. */
function environment(folder: string): Promise<string> {
  const made = installing.then(async () => {
    const lock = readEngineLock(folder, folder, 'stages/_lib', hasCuda());
    const host = { envs: ENVIRONMENTS, hostEnv: withUv() };
    return join(await prepareVenv(host, lock, console.error, new AbortController().signal), 'bin/python');
  });
  installing = made.catch(() => undefined);
  return made;
}

/** The environment of this process with uv on its PATH: some of the locks are large, and pip takes minutes for them. */
function withUv(): NodeJS.ProcessEnv {
  if (spawnSync('uv', ['--version']).status === 0) return process.env;
  const bin = join(ENVIRONMENTS, 'uv/bin');
  const pip = [join(bin, 'python'), ['-m', 'pip', '--disable-pip-version-check']] as const;
  if (!existsSync(join(bin, 'uv'))) {
    run('python3', ['-m', 'venv', join(ENVIRONMENTS, 'uv')]);
    run(pip[0], [...pip[1], 'install', '--quiet', 'uv==0.13.9']);
  }
  // uv reads none of pip's settings.
  const index = spawnSync(pip[0], [...pip[1], 'config', 'get', 'global.index-url'], { encoding: 'utf8' }).stdout.trim();
  return {
    ...(index === '' ? {} : { UV_DEFAULT_INDEX: index }),
    ...process.env,
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
  };
}

function run(program: string, args: readonly string[]): void {
  const ended = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (ended.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${ended.status ?? ended.signal}`);
}

await main();
