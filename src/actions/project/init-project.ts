import {
  isFolder,
  meantPipeline,
  missingLeaves,
  type NewProject,
  newProject,
  type ProfileChoice,
  profileChoices,
} from '../../config/new-project.ts';
import { configPlaces, PROJECT_FILE } from '../../config/places.ts';
import type { NodeGpus } from '../../ports/doctor.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import type { ParamLeaf } from '../../template/index.ts';
import type { ProjectRequest } from './open-project.ts';

export type { NewProject, ProfileChoice } from '../../config/new-project.ts';
export type { NodeGpus } from '../../ports/doctor.ts';
export type { Prompt } from '../../ports/prompt.ts';

/** Makes the file of a new project, step by step, so that a person can be asked in between. Writes nothing. */
export interface ProjectMaker {
  /** Whether the folder has a project file already. */
  isThere(request: ProjectRequest): Promise<boolean>;
  /** Whether the folder itself is there. */
  folderIsThere(request: ProjectRequest): Promise<boolean>;
  /** The pipeline that is meant. Throws `unknown-pipeline`. */
  pipeline(request: ProjectRequest): Promise<string>;
  profiles(request: ProjectRequest, target: ProfileChoice['target']): Promise<readonly ProfileChoice[]>;
  /** What still needs a value. Throws for values that are wrong. */
  missing(request: ProjectRequest): Promise<readonly ParamLeaf[]>;
  draft(request: ProjectRequest): Promise<NewProject>;
}

/** Variables count for whoever types, and not for a file that others read, too. */
export function projectMaker(files: SourceFiles): ProjectMaker {
  const config = ({ packageRoot, cwd, home, env, project = '.', ...typed }: ProjectRequest) => {
    const kept = { XDG_CONFIG_HOME: env['XDG_CONFIG_HOME'] };
    return { places: configPlaces({ packageRoot, cwd, home, env: kept, project }), env: kept, ...typed };
  };
  return {
    isThere: async (request) =>
      (await files.read(`${config(request).places.project}/${PROJECT_FILE}`, PROJECT_FILE)) !== undefined,
    folderIsThere: (request) => isFolder(files, config(request).places.project),
    pipeline: async (request) => await meantPipeline(files, config(request)),
    profiles: (request, target) => profileChoices(files, config(request), target),
    missing: (request) => missingLeaves(files, config(request)),
    draft: (request) => newProject(files, config(request)),
  };
}

/**
 * The profile that fits best: on this machine the first for it; on a cluster of those whose GPUs one node has, the one
 * that is called like the nodes' GPUs, else the one that takes most of them. Undefined when none fits.
 */
export function proposedProfile(
  choices: readonly ProfileChoice[],
  target: 'local' | 'kubernetes',
  nodes: readonly NodeGpus[],
): ProfileChoice | undefined {
  const all = choices.filter((choice) => choice.target === target);
  if (target === 'local') return all[0];
  const largest = Math.max(0, ...nodes.map(({ total }) => total));
  const products = nodes.map(({ product }) => product?.toLowerCase() ?? '').join(' ');
  const isNamed = ({ name }: ProfileChoice): boolean => products.includes(name.toLowerCase().replace(/x\d+$/, ''));
  const fitting = all.filter(({ gpus }) => gpus !== undefined && gpus <= largest);
  const named = fitting.filter(({ gpus, ...choice }) => gpus !== 0 && isNamed(choice));
  return (named.length > 0 ? named : fitting).toSorted((a, b) => (b.gpus ?? 0) - (a.gpus ?? 0))[0];
}
