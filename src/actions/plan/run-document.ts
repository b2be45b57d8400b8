import * as z from 'zod';
import { planOfSources, type RunSources } from '../../config/run-sources.ts';
import { sha256 } from '../../domain/data/digest.ts';
import { UserError, unreachable } from '../../domain/errors.ts';
import { canonicalJson, type Json } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';

/*
 * What a run is made from, stored once when it is created and never read from the project again: the sources as they
 * were read, the data as it was pinned, and what the person asked for. Its digest says whether two runs have the
 * same plan, so nothing that changes by itself (time, earlier runs) may be in it.
 */

const pinned = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('folder'),
    path: z.string(),
    digest: z.string(),
    subPath: z.string(),
    companions: z.array(z.string()).readonly(),
    merged: z
      .object({ onto: z.string(), pulls: z.array(z.object({ number: z.int(), commit: z.string() })).readonly() })
      .exactOptional(),
  }),
  z.object({
    kind: z.literal('object'),
    uri: z.string(),
    digest: z.string(),
    subPath: z.string(),
    companions: z.array(z.string()).readonly(),
  }),
  z.object({ kind: z.literal('git'), url: z.string(), commit: z.string() }),
  z.object({ kind: z.literal('hub'), repo: z.string(), revision: z.string() }),
  z.object({ kind: z.literal('builtin'), name: z.string() }),
]);

const pin = z.object({
  stage: z.string(),
  input: z.string(),
  request: z.object({
    input: z.string(),
    location: z.string(),
    builtin: z.array(z.string()).readonly(),
    changedSince: z.string().exactOptional(),
    pulls: z.array(z.int()).readonly().exactOptional(),
  }),
  source: pinned,
});
export type Pin = z.infer<typeof pin>;

const origin = z.object({ run: z.string(), stage: z.string() });

const selection = z.object({
  /** Stages that may run; the others are taken from earlier runs or skipped. */
  selected: z.array(z.string()),
  /** `--reuse STAGE@RUN`: taken whatever changed. */
  reuse: z.record(z.string(), origin),
  /** `--no-reuse[=STAGE]`. */
  fresh: z.array(z.string()),
  /** `--input NAME=STAGE@RUN`, by `stage.input`. */
  inputs: z.record(z.string(), origin.extend({ output: z.string() })),
});
export type Selection = z.infer<typeof selection>;

/** As it was typed, for the command that is told again; paths are absolute. The rest follows from the origins and the selection. */
const typed = z.object({
  /** `--set NAME=VALUE`, in order. */
  set: z.array(z.string()),
  /** `-f FILE`, in order. */
  valueFiles: z.array(z.string()),
  /** `--input NAME=LOCATION`. */
  inputs: z.array(z.string()),
  /** `--project DIR`. */
  project: z.string().exactOptional(),
});

const runDocument = z.object({
  version: z.literal(1),
  /** The serialised `RunSources` of src/config. */
  sources: z.string(),
  pins: z.array(pin),
  selection,
  /** Absent of runs that an earlier version made. */
  typed: typed.exactOptional(),
  /** Image folder or reference of the pipeline -> what it was when the run was planned. */
  images: z.record(
    z.string(),
    z.object({ reference: z.string(), folder: z.string().exactOptional(), identity: z.string() }),
  ),
});
export type RunDocument = z.infer<typeof runDocument>;

/** Canonical, so that the same plan is the same text. */
export function serializeDocument(document: RunDocument): string {
  return canonicalJson(document as unknown as Json);
}

/** Throws `state-broken` when the stored text is no run document. */
export function parseDocument(text: string, run: string): RunDocument {
  const parsed = runDocument.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new UserError('state-broken', `the stored plan of run ${run} cannot be read`, { cause: parsed.error });
  }
  return parsed.data;
}

/** Same digest = same plan. */
export function documentDigest(document: RunDocument): string {
  return `sha256:${sha256(canonicalJson(planOf(document)))}`;
}

/** The document as a tree, without where its values came from and who is told: it is the same plan. */
export function planOf({ typed: _, ...document }: RunDocument): Json {
  const sources = planOfSources(JSON.parse(document.sources) as RunSources);
  return { ...document, sources } as unknown as Json;
}

/** The data from outside that was pinned for a stage's inputs; empty when it reads none. */
export function pinsOf(document: RunDocument, stage: StageName): readonly Pin[] {
  return document.pins.filter((candidate) => candidate.stage === stage);
}

/**
 * By stage: the identity of the image that makes its result, or made it where an earlier run's is reused, as the same key
 * means the same image. A stage whose result is taken whatever made it (`--reuse`, not selected) is left out.
 */
export function chosenImages(
  pipeline: RenderablePipeline,
  { selection, images }: RunDocument,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pipeline.pipeline.stages.flatMap(({ name }) => {
      const image = images[pipeline.choice(name).image];
      const isKnown = selection.selected.includes(name) && selection.reuse[name] === undefined;
      return image === undefined || !isKnown ? [] : [[name, image.identity]];
    }),
  );
}

/** It lies in the workspace under its digest. */
export function isPlaced(source: Pin['source']): source is Extract<Pin['source'], { kind: 'folder' | 'object' }> {
  return source.kind === 'folder' || source.kind === 'object';
}

/** Which version of the data was taken: a digest, a commit; a name for what an engine knows by itself. */
export function pinnedVersion(source: Pin['source']): string {
  switch (source.kind) {
    case 'folder':
    case 'object':
      return source.digest;
    case 'git':
      return source.commit;
    case 'hub':
      return source.revision;
    case 'builtin':
      return source.name;
    default:
      return unreachable(source);
  }
}
