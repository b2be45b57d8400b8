import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The program as it is installed, with supervisors that can be traced. The program itself is as built. */
export class PackageCopy {
  readonly root: string;

  /** `dist`: what was built, absent = the real one. */
  constructor(root: string, dist = join(ROOT, 'dist')) {
    this.root = root;
    mkdirSync(root, { recursive: true });
    for (const name of ['templates', 'stages', 'package.json']) symlinkSync(join(ROOT, name), join(root, name));
    cpSync(dist, join(root, 'dist'), { recursive: true });
    renameSync(join(root, 'dist/supervisor.js'), join(root, 'dist/supervisor-itself.js'));
    cpSync(join(import.meta.dirname, 'traced-supervisor.mjs'), join(root, 'dist/supervisor.js'));
    cpSync(join(import.meta.dirname, 'trace-self.mjs'), join(root, 'dist/trace-self.mjs'));
    this.traceSupervisors({});
  }

  get main(): string {
    return join(this.root, 'dist/main.js');
  }

  /** The strace arguments of each stage's next supervisor; a stage that is not named runs as ever. */
  traceSupervisors(stages: Readonly<Record<string, readonly string[]>>): void {
    writeFileSync(join(this.root, 'dist/tracing.json'), JSON.stringify(stages));
  }
}
