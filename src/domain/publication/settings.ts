import * as z from 'zod';
import { UserError } from '../errors.ts';
import { plainLine } from './markdown.ts';

/** Where a ChangeLog is told of in a code repository. */
export type ChangelogBy = 'pull-request' | 'commit' | 'none';

/** Names of runs may come again, ids do not. `created`: when it was recorded, ISO 8601 in UTC; absent = nobody said. */
export interface PublishingRun {
  readonly name: string;
  readonly id: string;
  readonly created?: string;
}

/** What is published where, and what it is called. */
export interface PublicationSettings {
  readonly model: string;
  readonly run: PublishingRun;
  /** What the run is made from; absent where nobody said. */
  readonly plan?: string;
  /** By stage: the identity of its image. */
  readonly images: Readonly<Record<string, string>>;
  readonly base: string;
  /** The absolute path of a folder that collects published models; absent = none. */
  readonly registry?: string;
  /** What made the model, for its card. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  readonly license?: string;
  /** Looks only. */
  readonly isDryRun: boolean;
  /** It may take the place of a run that was started later. */
  readonly isOlderAllowed: boolean;
  readonly hub?: { readonly repo: string; readonly isPrivate: boolean; readonly tag: string };
  readonly host?: HostSettings;
}

/** What is told in code repositories, each `owner/name`. */
export interface HostSettings {
  /** Whose ChangeLog and releases they are. */
  readonly repo: string;
  /** Whose pull requests brought the leaves. */
  readonly taxonomyRepo: string;
  readonly changelog: { readonly path: string; readonly by: ChangelogBy };
  readonly isReleased: boolean;
  readonly isCommented: boolean;
  readonly labels: readonly string[];
  readonly hasStatus: boolean;
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;
const NAME_RULE = "letters, digits, '.', '_' and '-' make a name, at most 96";

const name = z.string().refine((text) => NAME.test(text) && !text.includes('..'), NAME_RULE);
const repository = z.string().regex(/^[\w.-]{1,96}\/[\w.-]{1,96}$/, 'it must be owner/name');
/** As git takes it; no lock file, no walk upward, no reflog. */
const gitName = z
  .string()
  .regex(/^(?!.*(?:\.\.|\.lock$|@\{))[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, 'it is no name for a tag');

const document = z.looseObject({
  modelName: name,
  run: name,
  runId: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[A-Za-z0-9._-]+$/, 'it is no id of a run'),
  runCreated: z.iso.datetime().nullish(),
  allowOlder: z.boolean().nullish(),
  plan: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'it is no digest')
    .nullish(),
  images: z.record(z.string(), z.string()).nullish(),
  baseModel: z.string().min(1).nullish(),
  registry: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  tags: z.array(z.string()).nullish(),
  license: z.string().nullish(),
  dryRun: z.boolean().nullish(),
  huggingFace: z.looseObject({ repo: repository, private: z.boolean().nullish(), tag: gitName.nullish() }).nullish(),
  github: z
    .looseObject({
      repo: repository,
      changelog: z
        .looseObject({
          path: z
            .string()
            .regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[\w./-]{1,200}$/, 'it is no path inside a repository')
            .nullish(),
          by: z.enum(['pull-request', 'commit', 'none']).nullish(),
        })
        .nullish(),
      release: z.boolean().nullish(),
      comments: z.boolean().nullish(),
      labels: z.array(z.string().min(1).max(50)).nullish(),
      status: z.boolean().nullish(),
    })
    .nullish(),
  taxonomyRepo: repository.nullish(),
});

/** Reads the parameters (`params.json`; null = not given). Throws `bad-input` that names the parameter. */
export function parseSettings(params: unknown): PublicationSettings {
  const { success, data, error } = document.safeParse(params);
  if (!success) throw new UserError('bad-input', faultOf(error.issues[0], params));
  const { huggingFace: hub, github: host } = data;
  return {
    model: data.modelName,
    run: {
      ...{ name: data.run, id: data.runId },
      ...(typeof data.runCreated === 'string' ? { created: data.runCreated } : {}),
    },
    images: data.images ?? {},
    ...(typeof data.plan === 'string' ? { plan: data.plan } : {}),
    base: data.baseModel ?? 'the base model',
    parameters: data.parameters ?? {},
    tags: data.tags ?? [],
    isDryRun: data.dryRun ?? false,
    isOlderAllowed: data.allowOlder ?? false,
    ...(typeof data.registry === 'string' ? { registry: data.registry } : {}),
    ...(typeof data.license === 'string' ? { license: data.license } : {}),
    ...(hub ? { hub: { repo: hub.repo, isPrivate: hub.private ?? true, tag: hub.tag ?? data.run } } : {}),
    ...(host
      ? {
          host: {
            repo: host.repo,
            taxonomyRepo: data.taxonomyRepo ?? host.repo,
            changelog: { path: host.changelog?.path ?? 'CHANGELOG.md', by: host.changelog?.by ?? 'pull-request' },
            isReleased: host.release ?? false,
            isCommented: host.comments ?? true,
            labels: host.labels ?? [],
            hasStatus: host.status ?? false,
          },
        }
      : {}),
  };
}

function faultOf(issue: z.core.$ZodIssue | undefined, params: unknown): string {
  const path = (issue?.path ?? []).map(String);
  const value = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined),
    params,
  );
  const shown = plainLine(JSON.stringify(value) ?? 'missing', 60);
  return `parameter ${path.join('.') || 'object'} is ${shown}: ${plainLine(issue?.message ?? 'it has another shape', 160)}`;
}
