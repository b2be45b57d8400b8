import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { RunEvent } from '../../src/domain/event.ts';

/** The launcher, as people start it; `npm test` builds what it starts. */
export const LAUNCHER = resolve(import.meta.dirname, '../../bin/ilab-backend.js');

export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person at a machine of their own: an empty state folder, an empty project, none of the tester's environment. */
export class Person {
  readonly folder = mkdtempSync(join(tmpdir(), 'ilab-e2e-'));
  readonly stateDir = join(this.folder, 'state');
  readonly project = join(this.folder, 'project');
  /** Where the fault tests let stages leave their mark; see SIDE_EFFECT_FILE of the pipeline hello. */
  readonly env: Record<string, string>;

  constructor() {
    mkdirSync(this.project);
    mkdirSync(join(this.folder, 'home'));
    this.env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: join(this.folder, 'home'),
      ILAB_BACKEND_STATE_DIR: this.stateDir,
      LANG: 'C.UTF-8',
    };
  }

  /** Starts the program; the caller awaits or kills it. */
  start(args: readonly string[], env: Record<string, string> = {}, { inGroup = false, cwd = this.project } = {}) {
    return execa(LAUNCHER, args, {
      cwd,
      env: { ...this.env, ...env },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
      // The group of processes that a terminal sends its Ctrl-C to.
      detached: inGroup,
    });
  }

  /** Types a command and waits for its end. */
  async type(...args: readonly string[]): Promise<Ended> {
    return endOf(this.start(args));
  }

  /** The same with `-o json`: the events, parsed. */
  async events(
    ...args: readonly string[]
  ): Promise<{ readonly exitCode: number | undefined; readonly events: readonly RunEvent[]; readonly stderr: string }> {
    const ended = await this.type(...args, '-o', 'json');
    return { exitCode: ended.exitCode, events: parseEvents(ended.stdout), stderr: ended.stderr };
  }

  /** `status RUN -o json`. */
  async status(run: string): Promise<RunObject> {
    const { stdout, stderr, exitCode } = await this.type('status', run, '-o', 'json');
    if (exitCode !== 0) throw new Error(`status ${run} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout) as RunObject;
  }

  /** Waits until the run looks as wanted; the test's own time limit ends it. */
  async until(run: string, wanted: (object: RunObject) => boolean): Promise<RunObject> {
    for (;;) {
      const object = await this.status(run);
      if (wanted(object)) return object;
    }
  }

  leave(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits for the end of a program that was started. */
export async function endOf(program: PromiseLike<Partial<Ended> & Pick<Ended, 'stdout' | 'stderr'>>): Promise<Ended> {
  const { exitCode, signal, stdout, stderr } = await program;
  return { exitCode, signal, stdout, stderr };
}

/** Waits until a program that still runs has printed `text`. */
export async function untilPrinted(
  program: ReturnType<Person['start']>,
  text: string,
  on: 'stdout' | 'stderr' = 'stdout',
): Promise<void> {
  let printed = '';
  await new Promise<void>((done, failed) => {
    program[on].on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes(text)) done();
    });
    program[on].once('end', () => failed(new Error(`it ended without ${text}: ${printed}`)));
  });
}

/** What `status -o json` prints, as far as the tests look at it. */
export interface RunObject {
  readonly status: {
    readonly phase: string;
    readonly drivers: readonly { readonly host: string; readonly pid: number; readonly endedAt?: string }[];
    readonly stages: readonly {
      readonly name: string;
      readonly phase: string;
      readonly attempts: readonly {
        readonly attempt: number;
        readonly outcome?: { readonly kind: string };
        readonly gpus?: number;
        readonly placedAt?: string;
        readonly startedAt?: string;
        readonly endedAt?: string;
      }[];
      readonly reused?: unknown;
      readonly result?: { readonly metrics: Readonly<Record<string, number>> };
    }[];
  };
}

/** Parses NDJSON; a line that is no JSON is a fault of the program. */
export function parseEvents(text: string): readonly RunEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);
}

/** The phase of each stage, by name. */
export function phases(object: RunObject): Record<string, string> {
  return Object.fromEntries(object.status.stages.map((stage) => [stage.name, stage.phase]));
}
