import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { diskSourceFiles } from '../../src/adapters/files/disk-source-files.ts';
import { type ConfigRequest, type Configured, configure } from '../../src/config/configure.ts';
import type { Variables } from '../../src/config/environment.ts';
import { configPlaces } from '../../src/config/places.ts';
import { UserError } from '../../src/domain/errors.ts';

export const PACKAGE_ROOT = resolve(import.meta.dirname, '../..');

export interface Typed {
  readonly pipeline?: string;
  readonly profile?: string;
  readonly target?: 'local' | 'kubernetes';
  readonly set?: readonly string[];
  readonly timeouts?: { readonly queue?: number; readonly start?: number };
  readonly require?: readonly string[];
  readonly stopOn?: readonly string[];
  readonly valueFiles?: readonly string[];
  readonly env?: Variables;
  /** Relative to the folder. */
  readonly project?: string;
  /** Absolute; default: the package with our templates. */
  readonly packageRoot?: string;
}

/** A folder of its own with files by relative path: the place where a command is typed, and a home in it. */
export class TypedIn {
  readonly folder = mkdtempSync(join(tmpdir(), 'config-'));

  write(files: Readonly<Record<string, string>>): this {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return this;
  }

  configure(typed: Typed = {}): Promise<Configured> {
    return configure(diskSourceFiles(), this.request(typed));
  }

  /** What was typed in the folder. */
  request(typed: Typed = {}): ConfigRequest {
    const {
      pipeline,
      profile,
      target,
      set = [],
      valueFiles = [],
      env = {},
      project,
      timeouts,
      require = [],
      stopOn = [],
      packageRoot = PACKAGE_ROOT,
    } = typed;
    const home = join(this.folder, 'home');
    const surroundings = { packageRoot, cwd: this.folder, home, env };
    return {
      stopOn,
      places: configPlaces({ ...surroundings, ...(project === undefined ? {} : { project }) }),
      env,
      set,
      valueFiles,
      require,
      commands: ['run', 'plan'],
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(profile === undefined ? {} : { profile }),
      ...(target === undefined ? {} : { target }),
      ...(timeouts === undefined ? {} : { timeouts }),
    };
  }

  /** The error that stops the command. Throws when nothing does. */
  async refusal(typed: Typed = {}): Promise<UserError> {
    try {
      await this.configure(typed);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
    throw new Error('nothing was refused');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
