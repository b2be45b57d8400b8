import { join, resolve } from 'node:path';
import type { PlaceOptions } from './cli/context.ts';

/** What the program was started with. */
export interface Surroundings {
  readonly packageRoot: string;
  /** What runs this program again. */
  readonly command: readonly [string, ...string[]];
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Tells the person something that is not about a run: an API server's warning. */
  readonly say: (message: string) => void;
}

/** Where the records of runs, and whatever this machine knows of them, are. */
export function stateFolder({ env, home }: Surroundings, { stateDir }: PlaceOptions): string {
  const states = env['XDG_STATE_HOME'] ?? join(home, '.local', 'state');
  return resolve(stateDir ?? env['ILAB_BACKEND_STATE_DIR'] ?? join(states, 'ilab-backend'));
}

/** Of the project that is meant; there may be none in it. */
export function projectFolder({ env }: Surroundings, { project }: PlaceOptions): string {
  return resolve(project ?? env['ILAB_BACKEND_PROJECT'] ?? '.');
}
