import type { RunSources } from '../config/run-sources.ts';
import { isSecretReference, LOCAL_SECRETS } from '../config/secret-reference.ts';
import { type Origin, originAt } from '../config/values/origin.ts';
import { valueAt } from '../config/values/resolve-values.ts';
import { UserError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { afterCause } from '../domain/run/after-failure.ts';
import type { RunPhase } from '../domain/run/run-phase.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import { shellWord } from '../domain/typed-place.ts';
import type { Deps } from './deps.ts';
import { parseDocument, type RunDocument } from './plan/run-document.ts';
import { selectionFlags } from './plan/selection-changes.ts';

/** What a person typed for a run beside its place, as an action takes it. */
export interface TypedThen {
  readonly pipeline: string;
  readonly profile?: string;
  readonly set: readonly string[];
  readonly valueFiles: readonly string[];
  readonly timeouts?: { readonly queue?: number; readonly start?: number; readonly run?: number };
  readonly require?: readonly string[];
  readonly stopOn?: readonly string[];
}

/** What was typed for the run that `document` was stored with; what its files said is not in it. */
export function typedThen(document: Pick<RunDocument, 'sources' | 'typed'>): TypedThen {
  const sources = JSON.parse(document.sources) as Partial<RunSources>;
  const { pipeline, profile, params = {}, origins = {}, stages = {} } = sources;
  const ofStages = Object.entries(stages);
  const isTyped = (path: string): boolean => originAt(origins as Record<string, Origin>, path)?.kind === 'flag';
  const require = ofStages.flatMap(([stage, { require: conditions = [] }]) =>
    conditions.map((condition) => `${stage}=${condition}`),
  );
  const stopOn = ofStages.flatMap(([stage, { stopOn: kinds = [] }]) =>
    isTyped(`stages.${stage}.stopOn`) ? [`${stage}=${kinds.length === 0 ? 'none' : kinds.join(',')}`] : [],
  );
  const timeouts = Object.fromEntries(
    (['queue', 'start', 'run'] as const).flatMap((name) => {
      const stage = ofStages.find(([one]) => origins[`stages.${one}.timeouts.${name}`]?.kind === 'flag');
      const seconds = stage?.[1].timeouts?.[name];
      return seconds === undefined ? [] : [[name, seconds]];
    }),
  );
  return {
    pipeline: pipeline?.name ?? '',
    ...(profile !== undefined && origins['profile']?.kind === 'flag' ? { profile } : {}),
    set: document.typed?.set.map((text) => inAnyFolder(text, params)) ?? knownBySource(origins, params),
    valueFiles: document.typed?.valueFiles ?? filesByOrigin(origins),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...(require.length === 0 ? {} : { require }),
    ...(stopOn.length === 0 ? {} : { stopOn }),
  };
}

/** A path that was typed relative to a folder is told as it was resolved. */
function inAnyFolder(text: string, params: JsonObject): string {
  const name = text.slice(0, text.indexOf('='));
  const value = valueAt(params, name);
  return typeof value === 'string' && text !== `${name}=null` ? `${name}=${value}` : text;
}

/** Of a run that does not know it word by word: what took a value away left no trace. */
function knownBySource(origins: Readonly<Record<string, Origin>>, params: JsonObject): readonly string[] {
  const flags = new Set(Object.values(origins).flatMap((origin) => (origin.kind === 'flag' ? [origin.flag] : [])));
  const names = [...flags].flatMap((flag) => (flag.startsWith('--set ') ? [flag.slice('--set '.length)] : []));
  return names.flatMap((name) => {
    const value = valueAt(params, name);
    return value === undefined ? [] : [`${name}=${typedText(value)}`];
  });
}

function filesByOrigin(origins: Readonly<Record<string, Origin>>): readonly string[] {
  return [...new Set(Object.values(origins).flatMap((origin) => (origin.kind === 'values' ? [origin.file] : [])))];
}

/**
 * The command that plans the same anew: `ilab-backend run images --set photos=/data/photos --only tune`. `change`: a parameter
 * that is another then, `train.epochs=3`.
 */
export function typedAgain(document: RunDocument, change?: string): string {
  const { pipeline, profile, set, valueFiles, timeouts = {}, require = [], stopOn = [] } = typedThen(document);
  const { stages = {}, origins = {}, target } = JSON.parse(document.sources) as Partial<RunSources>;
  const { selected } = document.selection;
  const isPlaceTyped = target !== undefined && origins['target']?.kind === 'flag';
  const isPart = selected.length < Object.keys(stages).length;
  const flag = (name: string, values: readonly string[]): readonly string[] =>
    values.map((value) => `${name} ${shellWord(value)}`);
  return [
    `ilab-backend run ${pipeline}`.trimEnd(),
    ...flag('--project', document.typed?.project === undefined ? [] : [document.typed.project]),
    ...flag('--profile', profile === undefined ? [] : [profile]),
    ...flag('-f', valueFiles),
    ...flag('--set', change === undefined ? set : [...set.filter((text) => nameIn(text) !== nameIn(change)), change]),
    ...(isPart ? flag('--only', [selected.join(',')]) : []),
    ...selectionFlags(document.selection),
    ...flag('--input', document.typed?.inputs ?? []),
    ...Object.entries(timeouts).map(([name, seconds]) => `--${name}-timeout ${seconds}s`),
    ...flag('--require', require),
    ...flag('--stop-on', stopOn),
    ...flag('--target', isPlaceTyped ? [target] : []),
  ].join(' ');
}

function nameIn(text: string): string {
  return text.split('=', 1)[0] ?? text;
}

/** As `--set` reads it. */
function typedText(value: Json): string {
  if (isSecretReference(value)) {
    return LOCAL_SECRETS.includes(value.name) ? `${value.name}:${value.key}` : `${value.name}/${value.key}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What else there is to type once a run has ended, a line each, with what was typed for it; see `afterCause`. */
export async function waysOn(
  { store }: Pick<Deps, 'store'>,
  record: RunRecord,
  ending: { readonly phase: RunPhase; readonly next?: string },
): Promise<readonly string[]> {
  const untyped = afterCause(record, ending);
  if (untyped.length === 0 || ending.phase === 'Succeeded') return untyped;
  try {
    return afterCause(record, ending, typedAgain(parseDocument(await store.readSources(record.name), record.name)));
  } catch (error) {
    // A plan that cannot be read is no reason to say nothing.
    if (!(error instanceof UserError)) throw error;
    return untyped;
  }
}
