import type { WarningKind } from '../attempt/progress.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** What to do with a parameter against a fault. */
export const REMEDIES = ['lower', 'raise', 'set'] as const;
export type Remedy = (typeof REMEDIES)[number];

/** By kind of warning: the dotted names of the parameters to lower, to raise, to set; the first one helps most. */
export type WatchAdvice = Readonly<Partial<Record<WarningKind, Readonly<Partial<Record<Remedy, readonly string[]>>>>>>;

/** What holds for every trainer, where the pipeline names no parameter. */
const GENERAL: Readonly<Record<WarningKind, string>> = {
  nan: 'lower the learning rate, and look at the rows of the last steps',
  stall:
    'look whether its processes still compute: a rank may wait for one that is gone, or a disk or endpoint does not answer',
  'collective-timeout': 'find the rank that stopped answering: its lines before this one say why',
  'out-of-memory': 'give each GPU fewer tokens or rows at a time, or take more GPUs',
  'gpu-fault': 'the GPU or its node is at fault, not the training: keep the node out (`kubectl cordon`) and resume',
};

/** What to do against a fault. */
export interface Advice {
  /** What to change: the pipeline's parameters with their values now, else what holds in general. */
  readonly fix: string;
  /** How it is done: `--set` takes `set`; the same run goes on; nothing that could be typed. */
  readonly how: { readonly kind: 'change'; readonly set: string } | { readonly kind: 'resume' | 'unknown' };
}

/** What to do, with the values of `params`; `advice` is what the pipeline says of the engine. */
export function adviceFor(kind: WarningKind, advice: WatchAdvice | undefined, params: JsonObject): Advice {
  const own = advice?.[kind];
  const phrases = REMEDIES.flatMap((remedy) => {
    const named = (own?.[remedy] ?? []).map((path) => withValue(path, valueAt(params, path)));
    return named.length === 0 ? [] : [`${remedy} ${named.join(' or ')}`];
  });
  if (phrases.length === 0) {
    return { fix: GENERAL[kind], how: { kind: kind === 'gpu-fault' ? 'resume' : 'unknown' } };
  }
  const changes = REMEDIES.flatMap((remedy) =>
    (own?.[remedy] ?? []).map((path) => ({ path, value: changed(remedy, valueAt(params, path)) })),
  );
  // One whose value is known can be copied as it stands.
  const { path, value = 'VALUE' } = changes.find((change) => change.value !== undefined) ?? changes[0] ?? { path: '' };
  return { fix: phrases.join(', or '), how: { kind: 'change', set: `${path}=${value}` } };
}

/** Half as much, twice as much, the other way round; undefined where that says nothing. */
function changed(remedy: Remedy, now: Json | undefined): string | undefined {
  switch (remedy) {
    case 'lower':
      if (typeof now !== 'number' || now <= 0 || now === 1) return undefined;
      return String(Number.isInteger(now) ? Math.floor(now / 2) : now / 2);
    case 'raise':
      return typeof now === 'number' && now > 0 ? String(now * 2) : undefined;
    case 'set':
      return typeof now === 'boolean' ? String(!now) : undefined;
  }
}

/** A longer value is no number that anybody raises or lowers. */
const SHOWN = 40;

function withValue(path: string, value: Json | undefined): string {
  const now = JSON.stringify(value);
  return now === undefined || now.length > SHOWN ? path : `${path} (now ${now})`;
}

function valueAt(params: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = params;
  for (const name of path.split('.'))
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}
