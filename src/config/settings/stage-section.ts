import { isMap, isSeq, type Node } from 'yaml';
import type { WarningKind } from '../../domain/attempt/progress.ts';
import { DURATION_FORM, parseDuration } from '../../domain/durations.ts';
import { parseStageName, STAGE_NAME_MAX, type StageName } from '../../domain/naming.ts';
import type { StageContract } from '../../domain/pipeline/pipeline.ts';
import type { StageTimeouts } from '../../domain/pipeline/render-values.ts';
import type { Entry, Fields, FileReader } from '../file-reader.ts';
import { readWarnings, readWatch, type WatchSection } from './watch-section.ts';

/** One stage of a pipeline file. Nodes stand for what is resolved or compiled later. */
export interface StageSection {
  readonly name: StageName;
  readonly key: Node;
  /** All that the file says of it. */
  readonly whole: Node;
  readonly needs: readonly { readonly name: string; readonly node: Node }[];
  readonly inputs: readonly InputSection[];
  readonly when?: Node;
  readonly approval?: Node;
  /** `when`: over the parameters, whether it applies; absent = always. */
  readonly gates: readonly { readonly name: string; readonly node: Node; readonly when?: Node }[];
  readonly engines: readonly EngineSection[];
  readonly variants: readonly VariantSection[];
  readonly params?: Node;
  readonly outputs: readonly string[];
  /** The numbers it may report; absent = nobody said. */
  readonly metrics?: readonly string[];
  readonly timeouts: StageTimeouts;
  readonly retry: { readonly infra: number; readonly user: number };
  readonly stopOn: readonly WarningKind[];
  readonly contract: StageContract;
  readonly reuse: 'auto' | 'never';
  readonly regardless: Requirements;
  readonly dryRun?: { readonly path: string; readonly node: Node };
}

export interface EngineSection {
  readonly name: string;
  readonly key: Node;
  readonly image: string;
  readonly requires: Requirements;
  readonly watch?: WatchSection;
}

export interface VariantSection {
  readonly name: string;
  readonly key: Node;
  /** The template, relative to the pipeline's folder. */
  readonly path: string;
  readonly node: Node;
  readonly requires: Requirements;
}

/** Dotted names of parameters that must have a value when this engine or variant is chosen. */
export type Requirements = readonly { readonly path: string; readonly node: Node }[];

/** An input as the pipeline's file names it: what an earlier stage makes, or data from outside. */
export type InputSection =
  | { readonly kind: 'output'; readonly name: string; readonly from: readonly OutputSection[] }
  | {
      readonly kind: 'source';
      readonly name: string;
      readonly source: Node;
      readonly changedSince?: Node;
      readonly pulls?: Node;
    };

/** What an earlier stage makes, and where it is named. */
export interface OutputSection {
  readonly stage: string;
  readonly output: string;
  readonly node: Node;
}

const FIELDS = [
  'needs',
  'inputs',
  'when',
  'gate',
  'approval',
  'engines',
  'variants',
  'params',
  'outputs',
  'metrics',
  'timeouts',
  'retry',
  'stopOn',
  'contract',
  'reuse',
  'regardless',
  'dry-run',
];

const DEFAULT_TIMEOUTS: StageTimeouts = { queue: 86_400, start: 900, run: 86_400, grace: 30 };
const DEFAULT_RETRY = { infra: 3, user: 0 };
const MAX_RETRIES = 100;

/** A field of CEL (`inputs.<name>`) and a folder (`/content/inputs/<name>`) at once. */
const INPUT_NAME = /^[a-z][A-Za-z0-9_]{0,39}$/;
/** As the stage contract names artifacts. */
const OUTPUT_NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;
/** A folder below `stages/<stage>/` and a part of a file's name. */
const CHOICE_NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** Reads the section; what does not fit is reported and left out. */
export function readStage(reader: FileReader, entry: Entry): StageSection {
  const what = `stage \`${entry.name}\``;
  const name = parseStageName(entry.name);
  if (name === undefined) {
    const rule = `at most ${STAGE_NAME_MAX} lower-case letters, digits and hyphens, a letter first`;
    reader.report(entry.key, `\`${entry.name}\` is no name of a stage: ${rule}`);
  }
  const fields = reader.fields(entry.value, what, { known: FIELDS }) ?? { node: entry.value, entries: new Map() };
  const part = (field: string) => fields.entries.get(field)?.value;
  const contract = reader.oneOf(part('contract'), '`contract`', ['full', 'plain'] as const) ?? 'full';
  const when = part('when');
  const approval = part('approval');
  const params = part('params');
  const dryRun = part('dry-run');
  const rehearsal = reader.text(dryRun, '`dry-run`');
  return {
    name: name ?? (entry.name as StageName),
    key: entry.key,
    whole: entry.value,
    needs: readNeeds(reader, part('needs')),
    inputs: readInputs(reader, part('inputs')),
    ...(when !== undefined && reader.text(when, '`when`') !== undefined ? { when } : {}),
    gates: readGates(reader, part('gate')),
    ...(approval !== undefined && reader.text(approval, '`approval`') !== undefined ? { approval } : {}),
    engines: readEngines(reader, fields, what),
    variants: readVariants(reader, fields, what),
    ...(params === undefined ? {} : { params }),
    outputs: readOutputs(reader, part('outputs'), contract),
    ...readMetrics(reader, part('metrics'), contract),
    timeouts: readTimeouts(reader, part('timeouts')),
    retry: readRetry(reader, part('retry')),
    stopOn: readWarnings(reader, part('stopOn'), '`stopOn`') ?? [],
    contract,
    reuse: reader.oneOf(part('reuse'), '`reuse`', ['auto', 'never'] as const) ?? 'auto',
    regardless: (reader.items(part('regardless'), '`regardless`') ?? []).flatMap((item) => {
      const path = reader.text(item, 'the name of a parameter');
      return path === undefined ? [] : [{ path, node: item }];
    }),
    ...(dryRun === undefined || rehearsal === undefined ? {} : { dryRun: { path: rehearsal, node: dryRun } }),
  };
}

function readNeeds(reader: FileReader, node: Node | undefined): StageSection['needs'] {
  return (reader.items(node, '`needs`') ?? []).flatMap((item) => {
    const name = reader.text(item, 'an item of `needs`');
    return name === undefined ? [] : [{ name, node: item }];
  });
}

function readInputs(reader: FileReader, node: Node | undefined): readonly InputSection[] {
  return reader.entries(node, '`inputs`').flatMap((entry): readonly InputSection[] => {
    const what = `input \`${entry.name}\``;
    if (!INPUT_NAME.test(entry.name)) {
      reader.report(entry.key, `\`${entry.name}\` is no name of an input: letters, digits and _, a small letter first`);
    }
    if (isMap(entry.value)) return readSource(reader, entry, what);
    const nodes = isSeq(entry.value) ? (reader.items(entry.value, what) ?? []) : [entry.value];
    const from = nodes.flatMap((item) => readOutputRef(reader, item, what));
    return from.length === 0 ? [] : [{ kind: 'output', name: entry.name, from }];
  });
}

function readSource(reader: FileReader, entry: Entry, what: string): readonly InputSection[] {
  const fields = reader.fields(entry.value, what, { known: ['source', 'changedSince', 'pulls'] });
  const source = fields === undefined ? undefined : reader.required(fields, 'source', what);
  if (source === undefined || reader.text(source, '`source`') === undefined) return [];
  const option = (name: 'changedSince' | 'pulls') => {
    const node = fields?.entries.get(name)?.value;
    if (node === undefined) return {};
    reader.text(node, `\`${name}\``);
    return { [name]: node };
  };
  return [{ kind: 'source', name: entry.name, source, ...option('changedSince'), ...option('pulls') }];
}

function readOutputRef(reader: FileReader, node: Node, what: string): readonly OutputSection[] {
  const text = reader.text(node, what);
  if (text === undefined) return [];
  const dot = text.indexOf('.');
  if (dot > 0 && dot < text.length - 1) {
    return [{ stage: text.slice(0, dot), output: text.slice(dot + 1), node }];
  }
  reader.report(node, `${what} must name an output: \`stage.output\``, 'data from outside is a mapping with `source`');
  return [];
}

/** A condition, or `{ when, require }`: a condition that applies where `when` is true. */
function readGates(reader: FileReader, node: Node | undefined): StageSection['gates'] {
  return reader.entries(node, '`gate`').flatMap(({ name, value }) => {
    const what = `gate \`${name}\``;
    if (!isMap(value)) return reader.text(value, what) === undefined ? [] : [{ name, node: value }];
    const fields = reader.fields(value, what, { known: ['when', 'require'] });
    if (fields === undefined) return [];
    const require = reader.required(fields, 'require', what);
    const when = fields.entries.get('when')?.value;
    const isText = reader.text(require, `\`require\` of ${what}`) !== undefined;
    if (when !== undefined && reader.text(when, `\`when\` of ${what}`) === undefined) return [];
    return require === undefined || !isText ? [] : [{ name, node: require, ...(when === undefined ? {} : { when }) }];
  });
}

function readEngines(reader: FileReader, stage: Fields, what: string): readonly EngineSection[] {
  const entries = reader.entries(reader.required(stage, 'engines', what), '`engines`');
  return entries.flatMap((entry) => {
    checkChoiceName(reader, entry, 'an engine');
    const fields = reader.fields(entry.value, `engine \`${entry.name}\``, { known: ['image', 'requires', 'watch'] });
    if (fields === undefined) return [];
    const image = reader.text(reader.required(fields, 'image', `engine \`${entry.name}\``), '`image`') ?? '';
    const watch = readWatch(reader, fields.entries.get('watch')?.value);
    return [{ name: entry.name, key: entry.key, image, requires: readRequires(reader, fields), ...watch }];
  });
}

function readRequires(reader: FileReader, fields: Fields): Requirements {
  return (reader.items(fields.entries.get('requires')?.value, '`requires`') ?? []).flatMap((node) => {
    const path = reader.text(node, 'an item of `requires`');
    return path === undefined ? [] : [{ path, node }];
  });
}

/** The path of a template, or `{ template, requires }`. */
function readVariants(reader: FileReader, stage: Fields, what: string): readonly VariantSection[] {
  const entries = reader.entries(reader.required(stage, 'variants', what), '`variants`');
  return entries.flatMap((entry): readonly VariantSection[] => {
    checkChoiceName(reader, entry, 'a variant');
    const own = `variant \`${entry.name}\``;
    const fields = isMap(entry.value)
      ? reader.fields(entry.value, own, { known: ['template', 'requires'] })
      : undefined;
    const node = fields === undefined ? entry.value : reader.required(fields, 'template', own);
    const path = reader.text(node, own);
    if (node === undefined || path === undefined) return [];
    return [
      {
        name: entry.name,
        key: entry.key,
        path,
        node,
        requires: fields === undefined ? [] : readRequires(reader, fields),
      },
    ];
  });
}

function checkChoiceName(reader: FileReader, entry: Entry, what: string): void {
  if (CHOICE_NAME.test(entry.name)) return;
  reader.report(entry.key, `\`${entry.name}\` is no name of ${what}: lower-case letters, digits and hyphens`);
}

function readOutputs(reader: FileReader, node: Node | undefined, contract: StageContract): readonly string[] {
  const entries = reader.entries(node, '`outputs`', { nulls: true });
  for (const { name, key } of entries) {
    if (!OUTPUT_NAME.test(name)) {
      reader.report(key, `\`${name}\` is no name of an output: lower-case letters, digits, \`.\`, \`_\` and \`-\``);
    } else if (contract === 'plain' && name !== 'artifacts') {
      reader.report(key, 'a stage with `contract: plain` has one output, `artifacts`', 'name it `artifacts`');
    }
  }
  return contract === 'plain' ? ['artifacts'] : entries.map((entry) => entry.name);
}

function readMetrics(
  reader: FileReader,
  node: Node | undefined,
  contract: StageContract,
): Pick<StageSection, 'metrics'> {
  const items = reader.items(node, '`metrics`');
  if (node === undefined || items === undefined) return {};
  if (contract === 'plain') reader.report(node, 'a stage with `contract: plain` reports no metrics', 'remove them');
  const names = items.flatMap((item) => reader.text(item, 'an item of `metrics`') ?? []);
  return { metrics: names };
}

function readTimeouts(reader: FileReader, node: Node | undefined): StageTimeouts {
  const fields = reader.fields(node, '`timeouts`', { known: Object.keys(DEFAULT_TIMEOUTS) });
  const timeouts = { ...DEFAULT_TIMEOUTS };
  for (const { name, value } of fields?.entries.values() ?? []) {
    const seconds = readDuration(reader, value, `\`timeouts.${name}\``);
    if (seconds !== undefined) Object.assign(timeouts, { [name]: seconds });
  }
  return timeouts;
}

function readDuration(reader: FileReader, node: Node, what: string): number | undefined {
  const text = reader.text(node, what);
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds === 0) reader.report(node, `${what} is \`${text}\``, `give ${DURATION_FORM}`);
  return seconds;
}

function readRetry(reader: FileReader, node: Node | undefined): StageSection['retry'] {
  const fields = reader.fields(node, '`retry`', { known: ['infra', 'user'] });
  const count = (name: 'infra' | 'user') =>
    reader.integer(fields?.entries.get(name)?.value, `\`retry.${name}\``, 0, MAX_RETRIES) ?? DEFAULT_RETRY[name];
  return { infra: count('infra'), user: count('user') };
}
