import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A fresh clone with our scripts and hardly any source, in a folder of its own. */
export class Clone {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'ilab clone ')));

  constructor() {
    for (const name of ['scripts', 'bin', 'tsconfig.json', '.npmrc']) {
      cpSync(join(process.cwd(), name), join(this.folder, name), { recursive: true });
    }
    this.write('package.json', '{ "type": "module" }\n');
    this.write('package-lock.json', '{ "lock": 1 }\n');
  }

  /** Gives it the packages of this clone that `names` names, as if they were installed. */
  linkPackages(names: readonly string[]): void {
    const packages = join(this.folder, 'node_modules');
    mkdirSync(packages);
    for (const name of names) symlinkSync(join(process.cwd(), 'node_modules', name), join(packages, name));
    const { stdout } = spawnSync('sh', ['-c', "uname -sm | tr ' ' '-'"], { encoding: 'utf8' });
    cpSync(join(this.folder, 'package-lock.json'), join(packages, `.installed-for-${stdout.trim()}`));
  }

  write(name: string, content: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** Puts a program on the PATH of `withNode`. */
  program(name: string, script: string): void {
    this.write(`programs/${name}`, `#!/bin/sh\n${script}`);
    chmodSync(join(this.folder, 'programs', name), 0o755);
  }

  get env(): Record<string, string> {
    const path = `${join(this.folder, 'programs')}:${dirname(process.execPath)}:${process.env['PATH']}`;
    return { PATH: path, HOME: this.folder };
  }

  withNode(...args: readonly string[]): SpawnSyncReturns<string> {
    const script = join(this.folder, 'scripts/with-node');
    return spawnSync(script, args, { cwd: '/', env: this.env, encoding: 'utf8' });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
