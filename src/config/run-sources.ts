import * as z from 'zod';
import { WARNING_KINDS } from '../domain/attempt/progress.ts';
import { UserError } from '../domain/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import { NOTIFICATION_KINDS } from '../domain/notification.ts';

/*
 * Everything a run is rendered from, in one object that is stored with the run: the files as they were read and the
 * values as they were resolved. Nothing of the project is read again for this run.
 */

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());

const sourceFile = z.strictObject({ path: z.string(), text: z.string() });

const place = { file: z.string(), line: z.int(), column: z.int() };

const origin = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('flag'), flag: z.string() }),
  z.strictObject({ kind: z.literal('environment'), variable: z.string() }),
  z.strictObject({ kind: z.literal(['values', 'project', 'user', 'profile', 'pipeline', 'defaults']), ...place }),
  z.strictObject({ kind: z.literal('built-in') }),
]);

const choice = z.strictObject({
  engine: z.string(),
  variant: z.string(),
  /** Seconds; what a profile says over the pipeline. */
  timeouts: z.record(z.string(), z.int()).exactOptional(),
  /** `--require`: conditions beside the stage's own gates. */
  require: z.array(z.string()).exactOptional(),
  /** Over what the pipeline says: warnings that end an attempt. */
  stopOn: z.array(z.enum(WARNING_KINDS)).exactOptional(),
});

const reference = z.strictObject({ name: z.string(), key: z.string() });

const notify = z.strictObject({
  url: z.string().exactOptional(),
  urlFrom: reference.exactOptional(),
  secret: reference,
  on: z.array(z.enum(NOTIFICATION_KINDS)),
});

const runSources = z.strictObject({
  version: z.literal(1),
  pipeline: z.strictObject({ name: z.string(), version: z.string(), folder: z.string() }),
  profile: z.string().exactOptional(),
  target: z.literal(['local', 'kubernetes']),
  /** The pipeline's file, the chosen templates and every partial. */
  files: z.array(sourceFile),
  shared: z.array(sourceFile),
  /** Every parameter with its final value; secrets by reference. */
  params: json,
  pod: json,
  /** Who is told of the run; two runs may differ in it and have the same plan. */
  notify: notify.exactOptional(),
  /** In the order they apply. */
  overlays: z.array(z.strictObject({ stage: z.string(), from: z.string(), text: z.string() })),
  /** Image of the pipeline file -> the reference that stands for it. */
  images: z.record(z.string(), z.string()),
  stages: z.record(z.string(), choice),
  /** By dotted path (`params.train.epochs`): where a value came from. Two runs may differ in it and have the same plan. */
  origins: z.record(z.string(), origin),
});

/** All that a run is rendered from; it is stored with the run. */
export type RunSources = z.infer<typeof runSources>;
/** Which engine and which variant of a stage. */
export type StageSelection = z.infer<typeof choice>;

/** One line of canonical JSON. */
export function serializeSources(sources: RunSources): string {
  return canonicalJson(sources as unknown as Json);
}

/** Throws `state-broken` for a text that `serializeSources` did not make, `state-newer` for one of a later version. */
export function parseSources(text: string): RunSources {
  const value = parseJson(text);
  const version = (value as { readonly version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1) {
    throw new UserError('state-newer', 'the stored sources were written by a newer ilab-backend');
  }
  const parsed = runSources.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError('state-broken', 'the stored sources of the run cannot be read', { cause: parsed.error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError('state-broken', 'the stored sources of the run are no JSON', { cause: error });
  }
}

/** The sources without what does not change what runs: where values came from, and who is told. */
export function planOfSources(sources: RunSources): Json {
  const { origins: _, notify: _told, ...plan } = sources;
  return plan as unknown as Json;
}
