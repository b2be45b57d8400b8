import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Candidate } from './measure.ts';

/** A temporary project with its own state and home folder, so that nothing of the person's counts or is touched. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'ilab-bench-'));
  readonly stateDir = join(this.folder, 'state');
  readonly project = join(this.folder, 'project');
  readonly env: Readonly<Record<string, string>>;
  readonly #program: string;

  constructor(root: string) {
    this.#program = join(root, 'bin/ilab-backend.js');
    this.env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: join(this.folder, 'home'),
      ILAB_BACKEND_STATE_DIR: this.stateDir,
      LANG: 'C.UTF-8',
    };
    mkdirSync(this.project);
    mkdirSync(join(this.folder, 'home'));
  }

  /** A file of the project. */
  write(path: string, text: string): string {
    const file = join(this.project, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** The program, typed in the project. */
  command(name: string, ...args: readonly string[]): Candidate {
    return { name, program: this.#program, args, cwd: this.project, env: this.env };
  }

  /** Another program in the same place. */
  other(name: string, program: string, ...args: readonly string[]): Candidate {
    return { name, program, args, cwd: this.project, env: this.env };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
