import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RunEvent } from '../../src/domain/event.ts';
import type { PackageCopy } from './package-copy.ts';

/** The stages of the pipeline hello, in their order. */
export const STAGES = ['greet', 'count'] as const;
export const RUN = 'sweep';

const TRACED_PROGRAM = join(import.meta.dirname, 'traced-program.mjs');

/** Nothing that a command waits for takes so long; whoever needs longer hangs. */
const LIMIT_MS = 60_000;

export interface Ended {
  /** 137 for one that was killed. */
  readonly exitCode: number;
  readonly hung: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of its own for one round: state, home, project, and the file where stages leave their mark. */
export class Room {
  readonly folder = mkdtempSync(join(tmpdir(), 'ilab-sweep-'));
  readonly state = join(this.folder, 'state');
  readonly marks = join(this.folder, 'marks');
  readonly #project = join(this.folder, 'project');
  readonly #copy: PackageCopy;

  constructor(copy: PackageCopy) {
    this.#copy = copy;
    mkdirSync(this.#project);
    mkdirSync(join(this.folder, 'home'));
    writeFileSync(this.marks, '');
    writeFileSync(join(this.#project, 'ilab-backend.yaml'), projectFile(this.marks));
  }

  /** `run hello`; given strace's arguments, under strace. */
  run(strace?: readonly string[]): Promise<Ended> {
    const command = ['run', 'hello', '--name', RUN, '-o', 'json'];
    if (strace === undefined) return this.type(...command);
    return this.#start([TRACED_PROGRAM, JSON.stringify(strace), this.#copy.main, ...command]);
  }

  type(...words: readonly string[]): Promise<Ended> {
    return this.#start([this.#copy.main, ...words]);
  }

  async #start(words: readonly string[]): Promise<Ended> {
    const ended = await execa(process.execPath, words, {
      cwd: this.#project,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: join(this.folder, 'home'),
        LANG: 'C.UTF-8',
        ILAB_BACKEND_STATE_DIR: this.state,
      },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const exitCode = ended.exitCode ?? 137;
    return { exitCode, hung: ended.timedOut, stdout: ended.stdout, stderr: ended.stderr };
  }

  /** How often each stage has run. */
  countMarks(): Readonly<Record<string, number>> {
    const lines = readFileSync(this.marks, 'utf8').split('\n');
    return Object.fromEntries(STAGES.map((stage) => [stage, lines.filter((line) => line === stage).length]));
  }

  /** Processes that were started for this round and still live. */
  processes(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid && this.#isOurs(pid));
  }

  #isOurs(pid: number): boolean {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (words === '') return false; // dead, not yet buried
      return (
        words.includes(this.folder) ||
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.folder) ||
        readlinkSync(`/proc/${pid}/cwd`).startsWith(this.folder)
      );
    } catch {
      return false;
    }
  }

  leave(): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone meanwhile
      }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `-o json` of a program that was killed may end inside a line. */
export function eventsIn(stdout: string): readonly RunEvent[] {
  return stdout
    .split('\n')
    .slice(0, stdout.endsWith('\n') ? undefined : -1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);
}

function projectFile(marks: string): string {
  const overlay = (stage: string): string => `
  ${stage}:
    - kind: Job
      patch:
        spec: { template: { spec: { containers: [{ name: main, env: [{ name: SIDE_EFFECT_FILE, value: ${marks} }] }] } } }`;
  return `apiVersion: ilab-backend.dev/v1alpha1
kind: Project
pipeline: hello
params: { name: you }
overlays:${STAGES.map(overlay).join('')}
`;
}
