import { type ConfigRequest, type Configured, configure } from '../../config/configure.ts';
import type { Variables } from '../../config/environment.ts';
import { ConfigFault } from '../../config/faults.ts';
import { configPlaces } from '../../config/places.ts';
import { type RunSources, serializeSources } from '../../config/run-sources.ts';
import type { NamedLocation } from '../../config/values/named-locations.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { SourceFiles } from '../../ports/source-files.ts';

/** What a person typed, and the surroundings in which they typed it. */
export interface ProjectRequest {
  readonly packageRoot: string;
  readonly cwd: string;
  readonly home: string;
  readonly env: Variables;
  /** `--project DIR`. */
  readonly project?: string;
  /** `run PIPELINE`, `--pipeline P`; absent = the project's or ours. */
  readonly pipeline?: string;
  readonly profile?: string;
  /** `--target`, or what the flags of a cluster imply; absent = the profile's. */
  readonly target?: 'local' | 'kubernetes';
  /** `--set name=value`, in order. */
  readonly set: readonly string[];
  /** `--queue-timeout`, `--start-timeout`, `--run-timeout`, in seconds; absent = as the files say. */
  readonly timeouts?: { readonly queue?: number; readonly start?: number; readonly run?: number };
  /** `--require STAGE=CONDITION`, in order. */
  readonly require?: readonly string[];
  /** `--stop-on STAGE=WARNING,...`, in order. */
  readonly stopOn?: readonly string[];
  /** `-f FILE`, in order. */
  readonly valueFiles: readonly string[];
  /** The program's own commands: no stage may be named like one. */
  readonly commands: readonly string[];
  /** For who asks what runs are made of, not for a run: examples stand in for required values that nobody gave. */
  readonly standIns?: boolean;
}

/** A pipeline with all its values. */
export interface OpenProject {
  readonly pipeline: RenderablePipeline;
  /** What is stored with a run. */
  readonly sources: string;
  readonly config: RunSources;
  /** Who named which data, for messages. */
  readonly locations: readonly NamedLocation[];
  /** What was typed beside the pipeline, with absolute paths. */
  readonly typed: Pick<ProjectRequest, 'set' | 'valueFiles' | 'project'>;
  /** Dotted names of the parameters that examples stand in for; of a request without `standIns` none. */
  readonly stoodIn: readonly string[];
}

/** Reads and joins everything that decides a run. Throws every fault together; writes nothing. */
export async function openProject(files: SourceFiles, request: ProjectRequest): Promise<OpenProject> {
  const { packageRoot, cwd, home, env, project, standIns = false, ...typed } = request;
  const places = configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
  const asked = { places, env, ...typed };
  const { configured, stoodIn } = standIns
    ? await configureWithExamples(files, asked)
    : { configured: await configure(files, asked), stoodIn: [] };
  const { pipeline, sources, locations, typedAs } = configured;
  return { pipeline, sources: serializeSources(sources), config: sources, locations, typed: typedAs, stoodIn };
}

async function configureWithExamples(
  files: SourceFiles,
  request: ConfigRequest,
): Promise<{ readonly configured: Configured; readonly stoodIn: readonly string[] }> {
  try {
    return { configured: await configure(files, request), stoodIn: [] };
  } catch (error) {
    if (!(error instanceof ConfigFault) || error.missing.length === 0 || error.faults.length > 0) throw error;
    const set = [...request.set, ...error.examples];
    // Where an example is no value either, what is missing is what a person has to know.
    const configured = await configure(files, { ...request, set }).catch(() => Promise.reject(error));
    return { configured, stoodIn: error.missing };
  }
}
