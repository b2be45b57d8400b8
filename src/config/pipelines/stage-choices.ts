import type { Node } from 'yaml';
import { nameHint } from '../../domain/closest.ts';
import { DURATION_FORM, parseDuration } from '../../domain/durations.ts';
import type { FileReader } from '../file-reader.ts';
import type { StageSelection } from '../run-sources.ts';
import { STAGE_KEYS, TIMEOUT_KEYS } from '../settings/file-keys.ts';
import type { StageSection } from '../settings/stage-section.ts';
import { readWarnings } from '../settings/watch-section.ts';
import type { Origin } from '../values/origin.ts';
import { type PipelineFile, stageNames } from './pipeline-file.ts';

/** The `stages:` of a profile, project or user file. */
export interface StageChoicesFile {
  readonly reader: FileReader;
  readonly kind: 'project' | 'user' | 'profile';
  readonly node: Node | undefined;
}

/**
 * Engine, variant and timeouts of every stage: by the last file that says so, else the first of the pipeline. Faults
 * go to the files' readers; `origins` gets where each came from (`stages.train.engine`).
 */
export function chooseStages(
  pipeline: PipelineFile,
  files: readonly StageChoicesFile[],
  origins: Map<string, Origin>,
): Readonly<Record<string, StageSelection>> {
  const chosen = new Map<string, StageSelection>();
  for (const stage of pipeline.stages) chosen.set(stage.name, firstChoice(pipeline, stage, origins));
  for (const { reader, kind, node } of files) {
    for (const entry of reader.entries(node, '`stages`')) {
      const stage = pipeline.stages.find((candidate) => candidate.name === entry.name);
      const before = chosen.get(entry.name);
      if (stage === undefined || before === undefined) {
        reader.report(entry.key, `there is no stage \`${entry.name}\``, nameHint(entry.name, stageNames(pipeline)));
        continue;
      }
      const said = readChoice(reader, entry.value, stage, (field, value) => {
        origins.set(`stages.${entry.name}.${field}`, { kind, ...reader.place(value) });
      });
      chosen.set(entry.name, { ...before, ...said, ...mergedTimeouts(before, said) });
    }
  }
  return Object.fromEntries(chosen);
}

/** What a person typed for every stage of this run, in seconds: goes over all files. */
export interface TypedTimeouts {
  readonly queue?: number;
  readonly start?: number;
  readonly run?: number;
}

/** The stages with the timeouts of the flags `--queue-timeout`, `--start-timeout` and `--run-timeout`; `origins` gets where they came from. */
export function withTimeouts(
  stages: Readonly<Record<string, StageSelection>>,
  typed: TypedTimeouts,
  origins: Map<string, Origin>,
): Readonly<Record<string, StageSelection>> {
  const given = Object.entries(typed).filter((entry): entry is [string, number] => entry[1] !== undefined);
  if (given.length === 0) return stages;
  const timeouts = Object.fromEntries(given);
  for (const stage of Object.keys(stages)) {
    for (const [name] of given) {
      origins.set(`stages.${stage}.timeouts.${name}`, { kind: 'flag', flag: `--${name}-timeout` });
    }
  }
  return Object.fromEntries(
    Object.entries(stages).map(([stage, said]) => [stage, { ...said, timeouts: { ...said.timeouts, ...timeouts } }]),
  );
}

function firstChoice({ reader }: PipelineFile, stage: StageSection, origins: Map<string, Origin>): StageSelection {
  const [engine] = stage.engines;
  const [variant] = stage.variants;
  for (const [field, first] of [
    ['engine', engine],
    ['variant', variant],
  ] as const) {
    if (first !== undefined)
      origins.set(`stages.${stage.name}.${field}`, { kind: 'pipeline', ...reader.place(first.key) });
  }
  return { engine: engine?.name ?? '', variant: variant?.name ?? '' };
}

function readChoice(
  reader: FileReader,
  node: Node,
  stage: StageSection,
  note: (field: string, value: Node) => void,
): Partial<StageSelection> {
  const what = `stage \`${stage.name}\``;
  const fields = reader.fields(node, what, { known: Object.keys(STAGE_KEYS) });
  const name = (field: 'engine' | 'variant', known: readonly { readonly name: string }[]): object => {
    const value = fields?.entries.get(field)?.value;
    const found = reader.text(value, `\`${field}\``);
    if (value === undefined || found === undefined) return {};
    note(field, value);
    if (known.some((one) => one.name === found)) return { [field]: found };
    const names = known.map((one) => one.name);
    reader.report(value, `${what} has no ${field} \`${found}\``, nameHint(found, names));
    return {};
  };
  const timeouts: Record<string, number> = {};
  for (const entry of reader.entries(fields?.entries.get('timeouts')?.value, '`timeouts`', {
    known: Object.keys(TIMEOUT_KEYS),
  })) {
    const text = reader.text(entry.value, `\`timeouts.${entry.name}\``);
    const seconds = text === undefined ? undefined : parseDuration(text);
    if (seconds !== undefined && seconds > 0) timeouts[entry.name] = seconds;
    else if (text !== undefined) reader.report(entry.value, `\`${text}\` is no duration`, `give ${DURATION_FORM}`);
    note(`timeouts.${entry.name}`, entry.value);
  }
  const stop = fields?.entries.get('stopOn')?.value;
  const stopOn = readWarnings(reader, stop, '`stopOn`');
  if (stop !== undefined) note('stopOn', stop);
  return {
    ...name('engine', stage.engines),
    ...name('variant', stage.variants),
    ...(stopOn === undefined ? {} : { stopOn: [...stopOn] }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
}

function mergedTimeouts(before: StageSelection, said: Partial<StageSelection>): Partial<StageSelection> {
  const timeouts = { ...before.timeouts, ...said.timeouts };
  return Object.keys(timeouts).length === 0 ? {} : { timeouts };
}
