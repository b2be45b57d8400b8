import { isAbsolute, join, relative, resolve } from 'node:path';
import { flagVariable, type Variables } from './environment.ts';

/** Where configuration is read from on this machine. Folders are absolute. */
export interface ConfigPlaces {
  /** Our own pipelines. */
  readonly templates: string;
  readonly project: string;
  /** Somebody named the project's folder, so its file must be there. */
  readonly projectNamed: boolean;
  readonly userFile: string;
  readonly cwd: string;
  readonly home: string;
}

export interface Surroundings {
  readonly packageRoot: string;
  readonly cwd: string;
  readonly home: string;
  readonly env: Variables;
  /** `--project DIR`. */
  readonly project?: string;
}

/** The file that makes a folder a project. */
export const PROJECT_FILE = 'ilab-backend.yaml';

/** The project is the folder that was named, else the current one; parents are not searched. */
export function configPlaces({ packageRoot, cwd, home, env, project }: Surroundings): ConfigPlaces {
  const named = project ?? flagVariable(env, 'project');
  const xdg = env['XDG_CONFIG_HOME'] ?? '';
  // The specification of the variable: a relative path is to be ignored.
  const configHome = isAbsolute(xdg) ? xdg : join(home, '.config');
  return {
    templates: join(packageRoot, 'templates'),
    project: resolve(cwd, named ?? '.'),
    projectNamed: named !== undefined,
    userFile: join(configHome, 'ilab-backend', 'config.yaml'),
    cwd,
    home,
  };
}

/** A path as a person would write it: below the home folder with `~`. */
export function shownPath(path: string, home: string): string {
  const inside = relative(home, path);
  return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside) ? `~/${inside}` : path;
}
