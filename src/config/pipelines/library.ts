import { join } from 'node:path';
import { closest } from '../../domain/closest.ts';
import { UserError } from '../../domain/errors.ts';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import type { ConfigPlaces } from '../places.ts';
import type { PipelineSource } from './pipeline-source.ts';

/** A pipeline that can be named, not read yet. */
export interface PipelineEntry {
  readonly name: string;
  /** `project`: in `pipelines/` of the project; `shipped`: one of ours. */
  readonly from: 'project' | 'shipped';
  /** Absolute. */
  readonly path: string;
  /** As people know it: `templates/hello`, `pipelines/mine`. */
  readonly folder: string;
}

/** A profile of a pipeline, with its file. */
export interface ProfileEntry {
  readonly name: string;
  readonly file: SourceFile;
  /** The folder its relative paths start from, absolute. */
  readonly base: string;
}

/** Every pipeline of the project and of ours, sorted by name. Throws `bad-config` when two have one name. */
export async function listPipelines(files: SourceFiles, places: ConfigPlaces): Promise<readonly PipelineEntry[]> {
  const project = await entriesIn(files, join(places.project, 'pipelines'), 'pipelines', 'project');
  const shipped = await entriesIn(files, places.templates, 'templates', 'shipped');
  for (const entry of project) {
    const twin = shipped.find((other) => other.name === entry.name && other.path !== entry.path);
    if (twin === undefined) continue;
    const message = `two pipelines are named ${entry.name}: ${entry.path} and ${twin.path}`;
    throw new UserError('bad-config', message, { hint: `rename the folder ${entry.folder} of the project` });
  }
  return [...project, ...shipped].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function entriesIn(
  files: SourceFiles,
  path: string,
  shown: string,
  from: PipelineEntry['from'],
): Promise<readonly PipelineEntry[]> {
  const found: PipelineEntry[] = [];
  for (const name of await files.folders(path)) {
    if (name.startsWith('_')) continue;
    const entry: PipelineEntry = { name, from, path: join(path, name), folder: `${shown}/${name}` };
    if ((await files.read(join(entry.path, 'pipeline.yaml'), `${entry.folder}/pipeline.yaml`)) !== undefined) {
      found.push(entry);
    }
  }
  return found;
}

/** The pipeline of this name. Throws `unknown-pipeline` with the closest right name. */
export async function findPipeline(files: SourceFiles, places: ConfigPlaces, name: string): Promise<PipelineEntry> {
  return pickPipeline(await listPipelines(files, places), name);
}

/** The same among those that are listed already. */
export function pickPipeline(all: readonly PipelineEntry[], name: string): PipelineEntry {
  const found = all.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = all.map((entry) => entry.name);
  const near = closest(name, names);
  const list = `pipelines: ${names.join(', ')}`;
  throw new UserError('unknown-pipeline', `there is no pipeline ${name}`, {
    hint: near === undefined ? list : `did you mean ${near}? ${list}`,
  });
}

/** The pipeline's files without its profiles, and what every pipeline may include. */
export async function readPipelineSource(
  files: SourceFiles,
  places: ConfigPlaces,
  entry: PipelineEntry,
): Promise<PipelineSource> {
  const [all, shared] = await Promise.all([
    files.readFolder(entry.path, entry.folder),
    files.readFolder(join(places.templates, '_shared'), 'templates/_shared'),
  ]);
  const profiles = `${entry.folder}/profiles/`;
  return { folder: entry.folder, files: all.filter((file) => !file.path.startsWith(profiles)), shared };
}

/** The pipeline's own profiles and those the project has for it. Throws `bad-config` when two have one name. */
export async function readProfiles(
  files: SourceFiles,
  places: ConfigPlaces,
  entry: PipelineEntry,
): Promise<readonly ProfileEntry[]> {
  const own = await profilesIn(files, join(entry.path, 'profiles'), `${entry.folder}/profiles`);
  const project = await profilesIn(files, join(places.project, 'profiles', entry.name), `profiles/${entry.name}`);
  for (const profile of project) {
    const twin = own.find((other) => other.name === profile.name);
    if (twin === undefined) continue;
    const message = `two profiles of ${entry.name} are named ${profile.name}: ${twin.file.path} and ${profile.file.path}`;
    throw new UserError('bad-config', message, { hint: 'rename the one of the project' });
  }
  return [...own, ...project].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function profilesIn(files: SourceFiles, path: string, shown: string): Promise<readonly ProfileEntry[]> {
  const found = await files.readFolder(path, shown);
  return found.map((file) => ({
    name: file.path.slice(shown.length + 1).replace(/\.ya?ml$/, ''),
    file,
    base: path,
  }));
}
