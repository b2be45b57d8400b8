import type { RunSources } from '../../config/run-sources.ts';
import { type Origin, originAt, showOrigin } from '../../config/values/origin.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { changeText, type JsonChange, jsonChanges, shownValue } from '../../domain/json-changes.ts';
import { type Pin, pinnedVersion, planOf, type RunDocument } from './run-document.ts';
import { selectionChanges } from './selection-changes.ts';

/** How the plan of `now` differs from that of `then`: a line each, in words of what a person types and of the files they write. */
export function planChanges(then: RunDocument, now: RunDocument): readonly string[] {
  const [was, is] = [sourcesOf(then), sourcesOf(now)];
  if (was.pipeline?.name !== is.pipeline?.name) {
    return [`it is a run of pipeline ${was.pipeline?.name}, and this is ${is.pipeline?.name}`];
  }
  const values = valueChanges(was, is);
  const lines = [
    ...selectionChanges(then.selection, now.selection),
    ...values.map((change) => valueLine(change, was, is)),
    ...overlayLines(was, is),
    ...pinLines(then.pins, now.pins, values),
    ...fileLines(was, is),
    ...imageLines(then, now, values),
  ];
  // Whatever else may be in a plan: two that differ are never shown as the same.
  const told = lines.length > 0 ? lines : jsonChanges(planOf(then), planOf(now)).map(changeText);
  return [...new Set(told)];
}

type Sources = Partial<RunSources>;

function sourcesOf({ sources }: RunDocument): Sources {
  return JSON.parse(sources) as Sources;
}

/** What `config view` shows, leaf by leaf. */
function valueChanges(was: Sources, is: Sources): readonly JsonChange[] {
  return jsonChanges(valuesOf(was), valuesOf(is)).flatMap(leaves);
}

function valuesOf({ profile, target, params, pod, stages, images }: Sources): Json {
  const values: Record<string, unknown> = { profile, target, params, pod, stages, images };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as JsonObject;
}

function leaves(change: JsonChange): readonly JsonChange[] {
  const { path, before, after } = change;
  if (before === undefined && isJsonObject(after) && Object.keys(after).length > 0) {
    return Object.entries(after).flatMap(([key, value]) => leaves({ path: `${path}.${key}`, after: value }));
  }
  if (after === undefined && isJsonObject(before) && Object.keys(before).length > 0) {
    return Object.entries(before).flatMap(([key, value]) => leaves({ path: `${path}.${key}`, before: value }));
  }
  return [change];
}

function valueLine({ path, before, after }: JsonChange, was: Sources, is: Sources): string {
  const name = path.replace(/^params\./, '');
  const [thenOrigin, nowOrigin] = [originAt(was.origins ?? {}, path), originAt(is.origins ?? {}, path)];
  const thenFlag = before === undefined ? undefined : flagOf(thenOrigin);
  const nowFlag = after === undefined ? undefined : flagOf(nowOrigin);
  const [old, current] = [valueText(path, before), valueText(path, after)];
  // A flag for every stage is one thing that was typed.
  const isOfStages = path.startsWith('stages.');
  if (thenFlag !== undefined && nowFlag !== undefined) return `\`${typed(nowFlag, current)}\` was ${old} then`;
  if (nowFlag !== undefined) {
    const other = before === undefined || isOfStages ? '' : `: ${name} was ${old}${from(thenOrigin)}`;
    return `\`${typed(nowFlag, current)}\` was not given then${other}`;
  }
  if (thenFlag !== undefined) {
    const other = after === undefined || isOfStages ? '' : `: ${name} is ${current}${from(nowOrigin)}`;
    return `\`${typed(thenFlag, old)}\` was given then, and is not now${other}`;
  }
  if (before === undefined) return `${name} is ${current} now${from(nowOrigin)}, and was not set then`;
  if (after === undefined) return `${name} was ${old} then${from(thenOrigin)}, and is not set now`;
  return `${name} was ${old} then, and is ${current} now${from(nowOrigin)}`;
}

function flagOf(origin: Origin | undefined): string | undefined {
  return origin?.kind === 'flag' ? origin.flag : undefined;
}

function from(origin: Origin | undefined): string {
  return origin === undefined ? '' : ` (${showOrigin(origin)})`;
}

function typed(flag: string, value: string): string {
  return /^--(set|require) /.test(flag) ? `${flag}=${value}` : `${flag} ${value}`;
}

function valueText(path: string, value: Json | undefined): string {
  if (/^stages\.[^.]+\.require$/.test(path) && Array.isArray(value)) return value.join(' and ');
  return /^stages\.[^.]+\.timeouts\./.test(path) ? `${shownValue(value)}s` : shownValue(value);
}

function overlayLines(was: Sources, is: Sources): readonly string[] {
  const texts = ({ overlays = [] }: Sources) =>
    mapBy(
      overlays,
      ({ stage, from: file }) => `the overlay of ${stage} in ${file}`,
      ({ text }) => text,
    );
  return keyedLines(texts(was), texts(is));
}

function fileLines(was: Sources, is: Sources): readonly string[] {
  const texts = ({ files = [], shared = [] }: Sources) =>
    mapBy(
      [...files, ...shared],
      ({ path }) => `the file ${path}`,
      ({ text }) => text,
    );
  return keyedLines(texts(was), texts(is));
}

function mapBy<T>(
  items: readonly T[],
  key: (item: T) => string,
  text: (item: T) => string,
): ReadonlyMap<string, string> {
  const groups = Map.groupBy(items, key);
  return new Map([...groups].map(([name, group]) => [name, group.map(text).join('\n')]));
}

function keyedLines(was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    if (was.get(name) === is.get(name)) return [];
    if (!was.has(name)) return [`${name} is new`];
    return [is.has(name) ? `${name} changed` : `${name} is gone`];
  });
}

/** Data that is there once is told by where it lies; where a value says that, the value was told. */
function pinLines(then: readonly Pin[], now: readonly Pin[], values: readonly JsonChange[]): readonly string[] {
  return now.flatMap((pin) => {
    const before = then.find(({ stage, input }) => stage === pin.stage && input === pin.input);
    if (before === undefined) return [];
    const [old, current] = [before.request.location, pin.request.location];
    if (old !== current) {
      const isTold = values.some((value) => value.after === current || value.before === old);
      return isTold ? [] : [`the data of ${pin.stage}.${pin.input} was ${old} then, and is ${current} now`];
    }
    const [oldVersion, version] = [pinnedVersion(before.source), pinnedVersion(pin.source)];
    return oldVersion === version
      ? []
      : [`what ${current} holds changed: ${short(oldVersion)} then, ${short(version)} now`];
  });
}

const SHORT = 12;

function short(version: string): string {
  return version.replace(/^sha256:/, '').slice(0, SHORT);
}

function imageLines(then: RunDocument, now: RunDocument, values: readonly JsonChange[]): readonly string[] {
  return Object.entries(now.images).flatMap(([name, image]) => {
    const before = then.images[name];
    const isTold = values.some(({ path }) => path === `images.${name}`);
    if (before === undefined || isTold || before.identity === image.identity) return [];
    const isRenamed = before.reference !== image.reference;
    const [old, current] = isRenamed ? [before.reference, image.reference] : [before.identity, image.identity];
    return [`what image ${name} is made of changed: ${old} then, ${current} now`];
  });
}
