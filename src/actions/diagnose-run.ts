import type { RunSources } from '../config/run-sources.ts';
import type { AttemptWarning } from '../domain/attempt/progress.ts';
import type { Diagnosis, DiagnosisLog, DiagnosisProgram } from '../domain/diagnosis/diagnosis.ts';
import type { Finding } from '../domain/diagnosis/finding.ts';
import { likelyCauses } from '../domain/diagnosis/likely-causes.ts';
import { UserError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import { redactShapes, redactTree, secretsNamed } from '../domain/redaction/redact.ts';
import { eventsBetween } from '../domain/run/record-events.ts';
import { endingOf } from '../domain/run/run-ending.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import type { Survey } from '../ports/survey.ts';
import type { AttemptRef } from '../ports/target.ts';
import { toYaml } from '../template/index.ts';
import { type Deps, timestamp } from './deps.ts';
import { adviserOf } from './follow/advise-on.ts';
import { seeAttempts } from './follow/see-attempts.ts';
import { readWarnings } from './follow/see-logs.ts';
import { type OpenRun, openRun } from './open-run.ts';
import { type AttemptAnew, attemptsAnew } from './plan/attempts-anew.ts';
import { type ConfigValue, viewConfig } from './project/view-config.ts';
import { readRun } from './read-run.ts';

/** What to diagnose, and what the surroundings lend. */
export interface DiagnoseRequest {
  readonly name: string;
  /** How many of the last log lines of each container. */
  readonly tail: number;
  readonly program: DiagnosisProgram;
  /** Looks at the place where the run lives. */
  readonly examine: (pipeline: RenderablePipeline) => AsyncIterable<Finding>;
  /** Makes what masks the secrets that this machine knows, and those of `named`; `references` are secrets of this machine. */
  readonly openMask: (secrets: LocalSecrets) => Promise<(text: string) => string>;
}

/** Secrets that a run names. */
export interface LocalSecrets {
  /** Values that stand where a secret should be named. */
  readonly named: readonly string[];
  readonly references: readonly { readonly kind: 'env' | 'file'; readonly key: string }[];
}

/** A line that fills a page tells nothing more than its beginning. */
const LINE_MAX = 2000;

/**
 * Collects what is known of a run and of the place where it lives. What cannot be had is named in it and ends nothing; no secret
 * leaves: see redact.ts. Sends nothing. Throws `not-found`, and what keeps the record from being read.
 */
export async function diagnoseRun(deps: Deps, request: DiagnoseRequest, signal: AbortSignal): Promise<Diagnosis> {
  const { name, program } = request;
  const missing: string[] = [];
  const seen = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      missing.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const { record } = await readRun(deps, name);
  const driven = await deps.store.isLocked(name);
  const sights = await seeAttempts(deps, record, driven);
  const ending = endingOf(record, driven, sights);
  const opened = await seen('the stored plan', () => openRun(deps, name, record));
  const anew = opened && (await seen('manifests', () => attemptsAnew(deps, record, opened)));
  const findings = opened && (await seen('the place it runs in', () => collect(request.examine(opened.pipeline))));
  const survey = await seen('the objects of the cluster', () => surveyOf(deps, record, signal));
  const logs: DiagnosisLog[] = [];
  const warnings: AttemptWarning[] = [];
  const adviseOn = adviserOf(deps, name);
  for (const ref of attemptsOf(record)) {
    const log = await seen(`the log of ${ref.stage}, attempt ${ref.attempt}`, () =>
      logOf(deps, ref, request.tail, signal),
    );
    if (log === undefined) continue;
    logs.push(log);
    const warned = await seen(`what the log of ${ref.stage}, attempt ${ref.attempt}, warned of`, () =>
      readWarnings(deps.target, ref, { advise: adviseOn(ref.stage), ...untilEnd(record, ref) }, signal),
    );
    warnings.push(...(warned ?? []));
  }
  const values = opened === undefined ? [] : valuesOf(opened);
  const mask = await request.openMask(secretsOf(opened, values, anew ?? []));
  const diagnosis: Diagnosis = {
    apiVersion: 'ilab-backend.dev/v1alpha1',
    kind: 'Diagnosis',
    madeAt: timestamp(deps.clock),
    run: record.name,
    program,
    place: deps.store.place,
    ending,
    causes: likelyCauses({
      ...{ record, ending, sights, warnings, findings: findings ?? [] },
      lastWords: (stage, attempt) => lastWordsOf(logs.find((log) => log.stage === stage && log.attempt === attempt)),
    }),
    sights: [...sights].map(([stage, sight]) => ({ stage, sight })),
    findings: findings ?? [],
    events: eventsBetween(undefined, record),
    values,
    // Masked as a tree: in YAML a secret could be wrapped over two lines.
    manifests: (anew ?? []).map(({ objects, ...rest }) => ({
      ...rest,
      yaml: toYaml(redactTree(objects, masked(mask))),
    })),
    logs,
    objects: survey?.objects ?? [],
    placeEvents: survey?.events ?? [],
    missing: [...missing, ...(survey?.missing ?? [])],
    record,
  };
  return redactTree(diagnosis, masked(mask));
}

function masked(mask: (text: string) => string): (text: string) => string {
  return (text) => redactShapes(mask(text));
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function attemptsOf(record: RunRecord): readonly AttemptRef[] {
  return record.stages.flatMap(({ name, attempts }) =>
    attempts.filter(({ uid }) => uid !== undefined).map(({ attempt }) => ({ run: record.name, stage: name, attempt })),
  );
}

async function surveyOf({ target }: Deps, record: RunRecord, signal: AbortSignal): Promise<Survey | undefined> {
  return target.survey?.(record.name, attemptsOf(record), signal);
}

async function logOf({ target }: Deps, ref: AttemptRef, tail: number, signal: AbortSignal): Promise<DiagnosisLog> {
  const lines: string[] = [];
  for await (const some of target.logs(ref, { follow: false, tail }, signal)) {
    lines.push(...some.map(({ container, time, text }) => `${time} [${container}] ${cut(text)}`));
  }
  return { stage: ref.stage, attempt: ref.attempt, text: lines.join('\n'), lines: lines.length };
}

/** A stall may be the last thing that its log tells. */
function untilEnd(record: RunRecord, ref: AttemptRef): { readonly until?: string } {
  const stage = record.stages.find(({ name }) => name === ref.stage);
  const at = stage?.attempts.find(({ attempt }) => attempt === ref.attempt)?.at;
  const until = at?.ended ?? at?.outcome;
  return until === undefined ? {} : { until };
}

/** Without the stamp, the container and what every last word begins with; a terminal's colours are no words. */
function lastWordsOf(log: DiagnosisLog | undefined): string | undefined {
  const last = log?.text.split('\n').findLast((line) => /\] .*\S/.test(line));
  return last?.replace(/^\S+ \[[^\]]*\] (?:error: )?/, '').trim();
}

function cut(line: string): string {
  return line.length <= LINE_MAX ? line : `${line.slice(0, LINE_MAX)} [cut: ${line.length} characters]`;
}

function valuesOf({ document }: OpenRun): readonly ConfigValue[] {
  return viewConfig({ config: JSON.parse(document.sources) as RunSources });
}

function secretsOf(
  opened: OpenRun | undefined,
  values: readonly ConfigValue[],
  manifests: readonly AttemptAnew[],
): LocalSecrets {
  const objects = manifests.flatMap((manifest) => manifest.objects);
  const sources = opened === undefined ? {} : (JSON.parse(opened.document.sources) as JsonObject);
  return {
    named: secretsNamed([...values, sources, ...objects] as unknown as Json),
    references: [...referencesIn(sources), ...referencesIn(objects as Json)],
  };
}

/** On this machine a Secret of the name `env` or `file` stands for a variable or a file. */
function referencesIn(tree: Json): LocalSecrets['references'] {
  if (typeof tree !== 'object' || tree === null) return [];
  if (Array.isArray(tree)) return tree.flatMap((item: Json) => referencesIn(item));
  const { name, key } = tree as { readonly name?: Json; readonly key?: Json };
  const own = (name === 'env' || name === 'file') && typeof key === 'string' ? [{ kind: name, key } as const] : [];
  return [...own, ...Object.values(tree as { readonly [key: string]: Json }).flatMap(referencesIn)];
}
