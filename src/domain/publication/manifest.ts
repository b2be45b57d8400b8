import * as z from 'zod';
import { UserError } from '../errors.ts';
import { plainLine } from './markdown.ts';

/** A pull request that was merged for the data. */
export interface MergedPull {
  readonly number: number;
  /** The head of its branch. */
  readonly commit: string;
  /** Folders of the leaves that it changes. Strangers' text, as all names of people and leaves here. */
  readonly leaves: readonly string[];
  readonly authors: readonly string[];
}

/** A leaf that data was made of. */
export interface ManifestLeaf {
  /** What the report of the scores calls it. */
  readonly id: string;
  /** Its folder in the taxonomy. */
  readonly path: string;
  readonly kind: string;
  readonly createdBy: string;
  /** Seed examples that a person wrote. */
  readonly examples: number;
  /** Rows for training that were made of it, of all phases; absent where the manifest does not say. */
  readonly trainRows?: number;
  /** `sha256:<hex>` of its qna.yaml. */
  readonly qna: string;
}

/** What a generation of data says of itself (stages/README.md). */
export interface Manifest {
  readonly taxonomy: {
    /** Absent for a plain folder. Where pull requests were merged: the merge, which nobody else knows. */
    readonly commit?: string;
    /** What pull requests were merged onto; absent when none were. */
    readonly onto?: string;
    /** It held changes that no commit has. */
    readonly isDirty: boolean;
    /** Only leaves changed since a base were used. */
    readonly isChangedOnly: boolean;
    /** In the order of merging. */
    readonly pulls: readonly MergedPull[];
  };
  /** Parameters of the generation, for people. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly leaves: readonly ManifestLeaf[];
  /** Counts by name, e.g. `train_rows`. */
  readonly totals: Readonly<Record<string, number>>;
  /** The model that wrote data; absent when none did. */
  readonly teacher?: string;
}

const count = z.int().nonnegative();

const pull = z.looseObject({
  number: z.int().positive(),
  commit: z.string(),
  leaves: z.array(z.string()).nullish(),
  authors: z.array(z.string()).nullish(),
});

const leaf = z.looseObject({
  id: z.string(),
  path: z.string(),
  kind: z.string(),
  createdBy: z.string(),
  examples: count,
  trainRows: z.record(z.string(), count).nullish().catch(null),
  qna: z.string(),
});

const document = z.looseObject({
  version: z.literal(1),
  taxonomy: z
    .looseObject({
      commit: z.string().nullish(),
      onto: z.string().nullish(),
      dirty: z.boolean().nullish(),
      changedOnly: z.boolean().nullish(),
      pulls: z.array(pull).nullish(),
    })
    .nullish(),
  settings: z.record(z.string(), z.unknown()).nullish(),
  leaves: z.array(leaf),
  totals: z.record(z.string(), z.unknown()).nullish(),
  teacher: z.looseObject({ model: z.string().nullish() }).nullish().catch(null),
});

/** Reads the text of a manifest. Throws `bad-input` for anything that is none of version 1. */
export function parseManifest(text: string): Manifest {
  const data = parseJson(text, 'manifest');
  if (typeof data === 'object' && data !== null && 'version' in data && data.version !== 1) {
    const version = plainLine(JSON.stringify(data.version) ?? 'undefined', 60);
    throw new UserError('bad-input', `input manifest has version ${version}; this program reads version 1`);
  }
  const { success, data: parsed, error } = document.safeParse(data);
  if (!success) throw new UserError('bad-input', `input manifest is no manifest of data: ${firstFault(error)}`);
  const taxonomy = parsed.taxonomy ?? {};
  return {
    taxonomy: {
      ...(typeof taxonomy.commit === 'string' ? { commit: taxonomy.commit } : {}),
      ...(typeof taxonomy.onto === 'string' ? { onto: taxonomy.onto } : {}),
      isDirty: taxonomy.dirty === true,
      isChangedOnly: taxonomy.changedOnly === true,
      pulls: (taxonomy.pulls ?? []).map(({ number, commit, leaves, authors }) => ({
        ...{ number, commit },
        ...{ leaves: leaves ?? [], authors: authors ?? [] },
      })),
    },
    settings: parsed.settings ?? {},
    leaves: parsed.leaves.map(({ id, path, kind, createdBy, examples, trainRows, qna }) => ({
      ...{ id, path, kind, createdBy, examples, qna },
      ...(trainRows ? { trainRows: Object.values(trainRows).reduce((sum, rows) => sum + rows, 0) } : {}),
    })),
    totals: Object.fromEntries(
      Object.entries(parsed.totals ?? {}).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
    ),
    ...(typeof parsed.teacher?.model === 'string' ? { teacher: parsed.teacher.model } : {}),
  };
}

/** The JSON of an input. Throws `bad-input` with its name. */
export function parseJson(text: string, input: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = plainLine(error instanceof Error ? error.message : String(error), 120);
    throw new UserError('bad-input', `input ${input} is no JSON: ${why}`);
  }
}

/** The first thing that is not as a schema says, on one line. */
export function firstFault(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it has another shape';
  return plainLine(`${issue.path.map(String).join('.') || 'it'}: ${issue.message}`, 200);
}
