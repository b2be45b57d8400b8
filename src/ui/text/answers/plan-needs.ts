import { type Plan, rightsCommand, type StagePlan } from '../../../domain/plan/plan.ts';
import type { PlannedObject } from '../../../domain/plan/planned-objects.ts';
import { oneLine, type TextOptions } from '../sanitize.ts';
import { table } from '../table.ts';
import { wrapTo } from '../text-width.ts';
import type { DocumentOptions } from './status-text.ts';

interface NeedsOptions extends DocumentOptions {
  /** The project's folder as it was typed, for what to type next. */
  readonly project?: string;
}

/** What a plan asks of its place: a block each for objects, gates, rights and what is not enforced; empty ones too. */
export function planNeeds(plan: Plan, options: NeedsOptions): readonly string[] {
  return [objects(plan, options), gates(plan, options), rights(plan, options), notEnforced(plan, options)];
}

function objects({ stages, creates, target }: Plan, options: DocumentOptions): string {
  if (target === 'local') return objectsHere({ stages, creates }, options);
  const rows = [
    ...stages
      .filter((stage) => stage.creates.length > 0)
      .map((stage) => [stage.name, ...madeOf(stage.creates, options)]),
    ...creates.map((object) => ['', ...madeOf([object], options)]),
  ];
  if (rows.length === 0) return '';
  const shown = rows.map(([stage = '', kinds = '', name = '']) => [stage || 'the run', kinds, name]);
  return table(['FOR', 'WOULD CREATE', 'NAME'], shown, options);
}

/** On this machine what is installed is what takes time and room, and the folders are where to look; each stage is one process. */
function objectsHere({ stages, creates }: Pick<Plan, 'stages' | 'creates'>, options: DocumentOptions): string {
  const ofStages = stages.flatMap(({ name: stage, creates: objects }) => objects.map((object) => ({ stage, object })));
  const ofKind = (kind: string): typeof ofStages => ofStages.filter(({ object }) => object.kind === kind);
  const processes = ofKind('Process');
  if (processes.length === 0) return '';
  const environments = [...Map.groupBy(ofKind('Environment'), ({ object }) => object.name)];
  const rows = [
    ...environments.map(([name, group]) => [
      group.map(({ stage }) => stage).join(', '),
      `Environment of ${packages(group[0]?.object.packages ?? 0)}, once`,
      oneLine(name, options),
    ]),
    [
      processes.map(({ stage }) => stage).join(', '),
      processes.length === 1 ? 'Process' : 'Process each',
      processName(processes),
    ],
    ...creates.map(({ kind, name, holds }) => [
      'the run',
      holds === undefined ? kind : `${kind} for ${holds}`,
      oneLine(name, options),
    ]),
  ];
  return table(['FOR', 'WOULD CREATE', 'NAME'], rows, options);
}

/** They differ in the name of the stage alone. */
function processName(processes: readonly { readonly stage: string; readonly object: PlannedObject }[]): string {
  const [first] = processes;
  if (first === undefined || processes.length === 1) return first?.object.name ?? '';
  return first.object.name.replace(`-${first.stage}-`, '-STAGE-');
}

function packages(count: number): string {
  return `${count} package${count === 1 ? '' : 's'}`;
}

/** Those of one stage have one name, as all templates of ours give it. */
function madeOf(objects: readonly PlannedObject[], options: TextOptions): readonly [string, string] {
  const names = [...new Set(objects.map(({ name }) => name))].map((name) => oneLine(name, options));
  const kinds = objects.map(({ kind }) => oneLine(kind, options));
  return [kinds.join(', '), `${names.join(', ')}${objects[0]?.ifAbsent ? ', where there is none' : ''}`];
}

/** Of the stages that may start. */
function gates({ stages }: Plan, options: DocumentOptions): string {
  const rows = stages
    .filter(mayStart)
    .flatMap((stage) => [
      ...stage.gates.map(({ name, condition }) => [stage.name, oneLine(name, options), oneLine(condition, options)]),
      ...(stage.approval === undefined ? [] : [[stage.name, 'approval', agreement(stage.approval, options)]]),
    ]);
  return rows.length === 0 ? '' : table(['BEFORE', 'GATE', 'CONDITION'], rows, options);
}

function agreement(approval: string, options: TextOptions): string {
  return approval === 'required' ? 'a person agrees' : `a person agrees; asked only if ${oneLine(approval, options)}`;
}

function mayStart({ verdict }: StagePlan): boolean {
  return verdict.kind !== 'reuse' && verdict.kind !== 'skip';
}

function rights({ rights: rules, pipeline, profile }: Plan, options: NeedsOptions): string {
  if (rules.length === 0) return '';
  const byVerbs = new Map<string, string[]>();
  for (const { verbs, resources } of rules) {
    const key = verbs.join(', ');
    byVerbs.set(key, [...(byVerbs.get(key) ?? []), ...resources]);
  }
  const rows = [...byVerbs].map(([verbs, resources]) => [resources.join(', '), verbs]);
  const all = rightsCommand({ pipeline, profile }, options.project);
  return [
    table(['RIGHTS TO', 'VERBS'], rows, options),
    'As a Role, with what is of use beside them:',
    `  ${oneLine(all, options)}`,
  ].join('\n');
}

function notEnforced({ notEnforced: fields, target }: Plan, options: DocumentOptions): string {
  if (fields.length === 0) return '';
  const text = `Not enforced on target ${target}: ${fields.map((field) => oneLine(field, options)).join(', ')}`;
  return options.width === undefined ? text : wrapTo(text, options.width).join('\n');
}
