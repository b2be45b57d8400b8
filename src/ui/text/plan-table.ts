import { unreachable } from '../../domain/errors.ts';
import { howToBuild, type Plan, type StagePlan, type Verdict, withoutImage } from '../../domain/plan.ts';
import { formatDuration, formatHours } from './format.ts';
import { paint, type Tone } from './paint.ts';
import { originPhrase } from './phrases.ts';
import { oneLine, type TextOptions } from './sanitize.ts';
import type { DocumentOptions } from './status-text.ts';
import { table } from './table.ts';

const TONES: Readonly<Record<Verdict['kind'], Tone>> = {
  run: 'strong',
  reuse: 'good',
  skip: 'faint',
  blocked: 'bad',
  later: 'busy',
};

export interface PlanTableOptions extends DocumentOptions {
  /** The project's folder as it was typed, for what to type next. */
  readonly project?: string;
}

/** What `plan` prints: per stage what would happen and why, and what to type where it cannot. No newline at the end. */
export function planTable(plan: Plan, options: PlanTableOptions = {}): string {
  const withGpus = plan.stages.some((stage) => stage.gpus > 0);
  const withTimes = plan.stages.some(({ tookBefore }) => tookBefore !== undefined);
  const headers = [
    ...['STAGE', 'PLAN', 'ENGINE', 'VARIANT'],
    ...(withGpus ? ['GPUS'] : []),
    ...(withTimes ? ['TOOK BEFORE'] : []),
    ...(withGpus && withTimes ? ['GPU-HOURS'] : []),
    'REASON',
  ];
  const rows = plan.stages.map((stage) => [
    stage.name,
    paint(TONES[stage.verdict.kind], stage.verdict.kind, options.color === true),
    oneLine(stage.engine, options),
    oneLine(stage.variant, options),
    ...(withGpus ? [String(stage.gpus)] : []),
    ...(withTimes ? [stage.tookBefore === undefined ? '' : formatDuration(stage.tookBefore.seconds)] : []),
    ...(withGpus && withTimes ? [stage.gpuHours === undefined ? '' : formatHours(stage.gpuHours)] : []),
    reason(stage.verdict, options),
  ]);
  const notBuilt = withoutImage(plan);
  const notes = [
    ...outlook(plan, options),
    ...(notBuilt.length === 0
      ? []
      : [
          `Images not built: ${notBuilt.map(({ image }) => oneLine(image.reference, options)).join(', ')}`,
          `  build them: ${oneLine(howToBuild(plan, notBuilt, options.project), options)}`,
        ]),
    ...plan.stages.flatMap((stage) => hint(stage, options)),
    ...(plan.notEnforced.length === 0
      ? []
      : [
          `Not enforced on target ${plan.target}: ${plan.notEnforced.map((field) => oneLine(field, options)).join(', ')}`,
        ]),
  ];
  return [table(headers, rows, options), ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}

/** What the stages that run will hold and take, as far as earlier runs tell. */
function outlook({ stages, peakGpus }: Plan, options: TextOptions): readonly string[] {
  const gpus = peakGpus === 0 ? [] : [`At most ${peakGpus} GPU${peakGpus === 1 ? '' : 's'} at one time.`];
  const known = stages.flatMap(({ tookBefore }) => tookBefore ?? []);
  if (known.length === 0) return gpus;
  const seconds = known.reduce((sum, { seconds: took }) => sum + took, 0);
  const unknown = stages.filter(isOpen).filter(({ tookBefore }) => tookBefore === undefined);
  const but = unknown.length === 0 ? '' : `, without ${unknown.map(({ name }) => name).join(', ')}`;
  const runs = [...new Set(known.map(({ run }) => oneLine(run, options)))].join(', ');
  const hours = stages.reduce((sum, { gpuHours = 0 }) => sum + gpuHours, 0);
  const held = hours === 0 ? '' : `, ${formatHours(hours)} GPU-hours`;
  return [...gpus, `The stages took ${formatDuration(seconds)} before${held}${but} (${runs}).`];
}

function isOpen({ verdict }: StagePlan): boolean {
  return verdict.kind === 'run' || verdict.kind === 'later';
}

function reason(verdict: Verdict, options: TextOptions): string {
  switch (verdict.kind) {
    case 'run':
      return reasonsToRun(verdict, options);
    case 'reuse':
      return `from ${originPhrase(verdict.from, options)}: ${oneLine(verdict.reason, options)}`;
    case 'later':
      return `depends on ${verdict.on.join(', ')}: ${oneLine(verdict.reason, options)}`;
    case 'skip':
    case 'blocked':
      return oneLine(verdict.reason, options);
    default:
      return unreachable(verdict);
  }
}

/** Enough to know what it is about; `-o json` has them all. */
const REASONS_MAX = 3;

function reasonsToRun({ reasons, since }: Extract<Verdict, { kind: 'run' }>, options: TextOptions): string {
  const shown = reasons.slice(0, REASONS_MAX).map((text) => oneLine(text, options));
  const more = reasons.length > REASONS_MAX ? [`and ${reasons.length - REASONS_MAX} more`] : [];
  return `${[...shown, ...more].join('; ')}${since === undefined ? '' : ` since ${oneLine(since, options)}`}`;
}

function hint(stage: StagePlan, options: TextOptions): readonly string[] {
  const { verdict } = stage;
  return verdict.kind === 'blocked' && verdict.hint !== undefined
    ? [`${stage.name}: ${oneLine(verdict.hint, options)}`]
    : [];
}
