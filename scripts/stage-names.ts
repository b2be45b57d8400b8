import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const defaultsFile = z.looseObject({ pipeline: z.string() });
const pipelineFile = z.looseObject({ stages: z.record(z.string(), z.unknown()) });

/** The stages of the pipelines we ship, so that `--help` can list them without reading YAML. */
export interface StageNames {
  readonly defaultPipeline: string;
  /** By pipeline, in the order of the file. */
  readonly pipelines: Readonly<Record<string, readonly string[]>>;
}

/** Reads them from `templates/`. Throws when a file is missing or has another shape. */
export function readStageNames(templates: string): StageNames {
  const { pipeline } = read(join(templates, 'defaults.yaml'), defaultsFile);
  const names = readdirSync(templates).filter((name) => existsSync(join(templates, name, 'pipeline.yaml')));
  const pipelines = Object.fromEntries(
    names.sort().map((name) => {
      const { stages } = read(join(templates, name, 'pipeline.yaml'), pipelineFile);
      return [name, Object.keys(stages)];
    }),
  );
  if (pipelines[pipeline] === undefined)
    throw new Error(`templates/defaults.yaml names no pipeline of ours: ${pipeline}`);
  return { defaultPipeline: pipeline, pipelines };
}

function read<T>(path: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
