import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ExecaError, execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from '../e2e/act-pipeline.ts';
import { expectFault } from '../e2e/faults.ts';
import { type Ended, LAUNCHER, Person } from '../e2e/program.ts';

/*
 * A disk that is full and stays full until somebody makes room: the state folder is a small file system of its own, in a
 * mount namespace that only these programs see.
 */
const SIZE_KIB = 2048;
const PATIENCE_MS = 5000;

class SmallDisk {
  readonly person = new Person();
  readonly #holder;

  constructor() {
    mkdirSync(this.person.stateDir, { mode: 0o700 });
    const mount = `mount -t tmpfs -o size=${SIZE_KIB}k,mode=700 tmpfs "$0" && echo ready && exec cat >/dev/null`;
    this.#holder = execa('unshare', ['-rm', 'sh', '-c', mount, this.person.stateDir], { reject: false });
  }

  async ready(): Promise<this> {
    await once(this.#holder.stdout, 'data');
    return this;
  }

  start(file: string, ...words: readonly string[]) {
    const enter = ['-t', String(this.#holder.pid), '-U', '-m', '--preserve-credentials', '--'];
    const there = ['sh', '-c', 'cd "$0" && exec "$@"', this.person.project];
    return execa('nsenter', [...enter, ...there, file, ...words], {
      env: this.person.env,
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
    });
  }

  async type(...words: readonly string[]): Promise<Ended> {
    const { exitCode, signal, stdout, stderr } = await this.start(LAUNCHER, ...words);
    return { exitCode, signal, stdout, stderr };
  }

  /** Takes all room but so much; `room` gives it back. */
  async fill(leaveKib: number): Promise<void> {
    const size = `$(( $(df -k --output=avail "$0" | tail -n 1) - ${leaveKib} ))k`;
    await this.start('sh', '-c', `head -c ${size} /dev/zero >"$0/filler" 2>/dev/null`, this.person.stateDir);
  }

  async room(): Promise<void> {
    await this.start('rm', '-f', join(this.person.stateDir, 'filler'));
  }

  async leave(): Promise<void> {
    this.#holder.kill();
    await this.#holder;
    this.person.leave();
  }
}

function whyNoDisk(): string | undefined {
  try {
    execFileSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt && exec nsenter --version'], {
      stdio: 'pipe',
    });
    return undefined;
  } catch (error) {
    return `nobody may make a mount namespace here: ${(error as ExecaError).message.split('\n')[0]}`;
  }
}

const reason = whyNoDisk();
let disk: SmallDisk;
beforeEach(async ({ skip }) => {
  if (reason !== undefined) skip(reason);
  disk = await new SmallDisk().ready();
  writeActPipeline(disk.person);
});
afterEach(async () => {
  if (reason === undefined) await disk.leave();
});

test.each([0, 4, 16, 64, 128, 256])(
  '%i KiB left: told with exit 1 or waited for, and nothing is lost',
  async (left) => {
    await disk.fill(left);
    const run = ['run', 'act', '--name', 'week', ...acting()];
    const program = disk.start(LAUNCHER, ...run);
    // A supervisor waits for room; only what the program itself cannot write ends it.
    await Promise.race([program, delay(PATIENCE_MS)]);
    await disk.room();
    const { exitCode, signal, stdout, stderr } = await program;
    if (exitCode !== 0) {
      expectFault({ exitCode, signal, stdout, stderr: lastMessage(stderr) }, 1, /full|cannot be written|No space/);
    }
    const again = await disk.type(...run);
    expect(again.exitCode, again.stderr).toBe(0);
    const { status } = JSON.parse((await disk.type('status', 'week', '-o', 'json')).stdout);
    expect(status.stages.map((stage: { attempts: unknown[] }) => stage.attempts.length)).toEqual([1, 1]);
  },
);

test('a stage that fills the disk: its end is not lost, it is told when there is room', async () => {
  const fill = `cat /dev/zero >'${disk.person.stateDir}/filler'; echo the disk is full; ${FINISH}; exit 3`;
  const run = disk.start(LAUNCHER, 'run', 'act', '--name', 'week', ...acting(fill));
  const isFull = `[ $(df -k --output=avail '${disk.person.stateDir}' | tail -n 1) = 0 ]`;
  await disk.start('sh', '-c', `until ${isFull}; do sleep 0.05; done`);
  await disk.room();
  const first = await run;
  expect([1, 3], first.stderr).toContain(first.exitCode);
  const after = await disk.type('wait', 'week');
  if (after.exitCode === 130) expect((await disk.type('resume', 'week')).exitCode).toBe(3);
  const { status } = JSON.parse((await disk.type('status', 'week', '-o', 'json')).stdout);
  expect(status.stages[0].attempts).toHaveLength(1);
  expect(status.stages[0].attempts[0].outcome).toMatchObject({ kind: 'failed', exitCode: 3 });
  // What a stage prints while there is no room cannot be kept; then the log says so.
  expect((await disk.type('logs', 'week', 'act')).stdout).toMatch(/the disk is full|some output is missing/);
});

/** What is said at the end, behind the lines about the run. */
function lastMessage(stderr: string): string {
  return stderr.slice(Math.max(0, stderr.lastIndexOf('ilab-backend: ')));
}
