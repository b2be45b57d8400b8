import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FINISH } from './act-pipeline.ts';
import type { Person } from './program.ts';

/** A stage that waits for the test: it says that it runs, and goes on when it is let. Nothing is timed. */
export class Meeting {
  readonly #arrived: string;
  readonly #open: string;

  constructor(person: Person, name = 'act') {
    this.#arrived = join(person.folder, `${name}.arrived`);
    this.#open = join(person.folder, `${name}.open`);
  }

  /** Shell text for the stage: one line of log before, one after, then a good result. */
  get script(): string {
    const wait = `while [ ! -e '${this.#open}' ]; do sleep 0.05; done`;
    return `echo before; echo x >>'${this.#arrived}'; ${wait}; echo after; ${FINISH}`;
  }

  async arrived(): Promise<void> {
    while (!existsSync(this.#arrived)) await delay(10);
  }

  letGo(): void {
    writeFileSync(this.#open, '');
  }
}
