import * as z from 'zod';
import { compareToListing, type ListingEntry } from '../data/digest.ts';
import { UserError } from '../errors.ts';
import type { Lineage } from './lineage.ts';
import { firstFault, parseJson } from './manifest.ts';
import { plainLine } from './markdown.ts';
import type { PublishedRun } from './order.ts';
import type { Report } from './report.ts';

/** Where the statement lies beside the files that it is about. */
export const STATEMENT_FILE = 'provenance.intoto.json';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';
/** Identifies the shape of the parameters below; nothing is there to be read. */
const BUILD_TYPE = 'https://ilab-backend.dev/v1alpha1/pipeline-run';

/** What a hub, or who downloads from it, keeps for itself, in no statement. */
const OF_THE_HUB = /^(?:\.gitattributes$|\.gitignore$|\.git\/|\.cache\/huggingface\/)/;

/**
 * The in-toto statement of a published model with SLSA's provenance: `files` are all files beside it. The same inputs
 * give the same bytes: the only time in it is when the run was recorded.
 */
export function provenance(lineage: Lineage, report: Report, files: readonly ListingEntry[]): string {
  const { manifest, run, parameters, digests } = lineage;
  const { taxonomy, settings, totals, teacher } = manifest;
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [...files]
      .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
      .map(({ path, size, sha256 }) => ({ name: path, digest: { sha256 }, annotations: { size } })),
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          model: lineage.model,
          baseModel: lineage.base,
          parameters: { ...parameters, datagen: settings },
          pullRequests: taxonomy.pulls.map(({ number, commit, leaves }) => ({ number, commit, leaves })),
          leaves: manifest.leaves.map(({ path, qna }) => ({ path, qna })),
        },
        resolvedDependencies: [
          { name: 'base-model', uri: lineage.base },
          ...(taxonomy.commit === undefined
            ? []
            : [{ name: 'taxonomy', digest: { gitCommit: taxonomy.onto ?? taxonomy.commit } }]),
          ...taxonomy.pulls.map(({ number, commit }) => ({
            name: `pull-request-${number}`,
            digest: { gitCommit: commit },
          })),
          ...(teacher === undefined ? [] : [{ name: 'teacher', uri: teacher }]),
          ...(lineage.plan === undefined ? [] : [{ name: 'plan', digest: sha256Of(lineage.plan) }]),
          ...Object.entries(lineage.images)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([stage, identity]) => ({ name: `image-${stage}`, ...imageDescriptor(identity) })),
          ...Object.entries(digests).map(([name, digest]) => ({
            name: `input-${name}`,
            digest: sha256Of(digest),
          })),
        ],
      },
      runDetails: {
        builder: { id: BUILD_TYPE, version: { 'ilab-backend': lineage.program } },
        metadata: { invocationId: run.id, ...(run.created === undefined ? {} : { startedOn: run.created }) },
        byproducts: [
          {
            name: 'scores',
            annotations: {
              run: run.name,
              chosen: report.chosen,
              base: report.base,
              tuned: report.tuned,
              counts: totals,
            },
          },
        ],
      },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}

function sha256Of(digest: string): { readonly sha256: string } {
  return { sha256: digest.replace(/^sha256:/, '') };
}

/** An image by its digest or by that of what it is built from; another by its name alone, which anybody can move. */
function imageDescriptor(identity: string) {
  return /^sha256:[0-9a-f]{64}$/.test(identity) ? { digest: sha256Of(identity) } : { uri: identity };
}

const document = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.string(),
  subject: z.array(
    z.looseObject({
      name: z.string().min(1),
      digest: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      annotations: z.looseObject({ size: z.int().nonnegative().optional() }).optional(),
    }),
  ),
});

/** The files that a statement is about; `size` is -1 where it does not say. Throws `bad-input` for no statement. */
export function parseStatement(text: string): readonly ListingEntry[] {
  const { success, data, error } = document.safeParse(parseJson(text, STATEMENT_FILE));
  if (!success) throw new UserError('bad-input', `${STATEMENT_FILE} is no in-toto statement: ${firstFault(error)}`);
  return data.subject.map(({ name, digest, annotations }) => ({
    path: name,
    sha256: digest.sha256,
    size: annotations?.size ?? -1,
  }));
}

const invocation = z.object({
  predicate: z.object({
    runDetails: z.object({
      metadata: z.object({ startedOn: z.iso.datetime() }),
      byproducts: z.tuple([z.object({ annotations: z.object({ run: z.string().max(100) }) })], z.unknown()),
    }),
  }),
});

/** The run that made what a statement is about; undefined where it does not tell which, or when it was recorded. */
export function runOfStatement(text: string): PublishedRun | undefined {
  const { data } = invocation.safeParse(parseJson(text, STATEMENT_FILE));
  if (data === undefined) return undefined;
  const { metadata, byproducts } = data.predicate.runDetails;
  return { name: plainLine(byproducts[0].annotations.run, 100), created: metadata.startedOn };
}

/** What tells the files of a model from its statement, one phrase each; empty when all is as it says. */
export function compareToStatement(
  stated: readonly ListingEntry[],
  found: readonly { readonly path: string; readonly size: number; readonly sha256?: string }[],
): readonly string[] {
  const files = found.filter(({ path }) => path !== STATEMENT_FILE && !OF_THE_HUB.test(path));
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  const listing = stated.map((entry) => (entry.size < 0 ? { ...entry, size: sizes.get(entry.path) ?? 0 } : entry));
  return compareToListing(listing, files);
}
