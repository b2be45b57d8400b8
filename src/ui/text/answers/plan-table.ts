import { durationText } from '../../../domain/durations.ts';
import { unreachable } from '../../../domain/errors.ts';
import {
  BUILD_FLAGS,
  buildAdvice,
  type Plan,
  type StagePlan,
  type Verdict,
  withoutImage,
} from '../../../domain/plan/plan.ts';
import type { Spread } from '../../../domain/plan/spread.ts';
import { formatDuration, formatHours, formatSpread } from '../format.ts';
import { paint, type Tone } from '../paint.ts';
import { originPhrase } from '../phrases.ts';
import { oneLine, type TextOptions } from '../sanitize.ts';
import { table } from '../table.ts';
import { wrapTo } from '../text-width.ts';
import { planNeeds } from './plan-needs.ts';
import type { DocumentOptions } from './status-text.ts';

const TONES: Readonly<Record<Verdict['kind'], Tone>> = {
  run: 'strong',
  reuse: 'good',
  skip: 'faint',
  blocked: 'bad',
  later: 'busy',
};

/** Where a terminal is narrower, the names of engines and the spread of times are left to what comes below. */
const WIDE = 120;

export interface PlanTableOptions extends DocumentOptions {
  /** The project's folder as it was typed, for what to type next. */
  readonly project?: string;
}

/**
 * What `plan` prints: per stage what would happen and why; what to type where it cannot; what it holds and takes; then what
 * it would create, what must hold before a stage starts, and the rights that driving it takes. No newline at the end.
 */
export function planTable(plan: Plan, options: PlanTableOptions = {}): string {
  const notes = [
    ...outlook(plan, options),
    ...limits(plan, options),
    ...missingImages(plan, options),
    ...plan.stages.flatMap((stage) => hint(stage, options)),
  ];
  const blocks = [verdicts(plan, options), notes.join('\n'), ...planNeeds(plan, options)];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function verdicts({ stages }: Plan, options: PlanTableOptions): string {
  const isWide = options.width === undefined || options.width >= WIDE;
  const withGpus = stages.some(({ gpus }) => gpus > 0);
  const withTimes = stages.some(({ tookBefore }) => tookBefore !== undefined);
  const withSpread = isWide && stages.some(({ tookBefore }) => (tookBefore?.runs.length ?? 0) > 1);
  const columns: readonly (readonly [header: string, shown: boolean, cell: (stage: StagePlan) => string])[] = [
    ['STAGE', true, ({ name }) => name],
    ['PLAN', true, ({ verdict: { kind } }) => paint(TONES[kind], kind, options.color === true)],
    ['ENGINE', isWide, ({ engine }) => oneLine(engine, options)],
    ['VARIANT', isWide, ({ variant }) => oneLine(variant, options)],
    ['GPUS', withGpus, ({ gpus }) => String(gpus)],
    ['TOOK BEFORE', withTimes, ({ tookBefore }) => (tookBefore ? formatDuration(tookBefore.seconds.median) : '')],
    ['FROM - TO', withSpread, ({ tookBefore }) => (tookBefore ? range(tookBefore.seconds) : '')],
    ['GPU-HOURS', withGpus && withTimes, ({ gpuHours }) => (gpuHours ? formatHours(gpuHours.median) : '')],
    ['REASON', true, ({ verdict }) => reason(verdict, options)],
  ];
  const shown = columns.filter(([, isShown]) => isShown);
  return table(
    shown.map(([header]) => header),
    stages.map((stage) => shown.map(([, , cell]) => cell(stage))),
    options,
  );
}

function range({ min, max }: Spread): string {
  return `${formatDuration(min)} - ${formatDuration(max)}`;
}

/** What the stages that run will hold and take, as far as earlier runs tell. */
function outlook(
  { stages, peakGpus, expected }: Plan,
  options: TextOptions & { readonly width?: number },
): readonly string[] {
  const gpus = peakGpus === 0 ? [] : [`At most ${peakGpus} GPU${peakGpus === 1 ? '' : 's'} at one time.`];
  if (expected === undefined) return gpus;
  const { seconds, gpuHours, runs, unknown } = expected;
  const held = gpuHours === undefined ? '' : `, ${formatSpread(gpuHours, formatHours)} GPU-hours`;
  const but = unknown.length === 0 ? '' : `, without ${unknown.join(', ')}`;
  const [newest = ''] = runs;
  const after = runs.length === 1 ? `as in ${oneLine(newest, options)}` : `as in the last ${runs.length} runs`;
  const expectation = `Expected: ${formatSpread(seconds, formatDuration)}${held}${but}, ${after}.`;
  const changes = [...new Set(stages.flatMap((stage) => changedSince(stage, options)))];
  const before = changes.length === 0 ? '' : ` That was before ${changes.join('; ')}.`;
  return [...gpus, ...folded(`${expectation}${before}`, options)];
}

/** Parameters that changed since the runs that tell how long a stage takes: its work may be another. */
function changedSince({ verdict, tookBefore }: StagePlan, options: TextOptions): readonly string[] {
  if (verdict.kind !== 'run' || verdict.since === undefined || tookBefore === undefined) return [];
  return verdict.reasons.filter((reason) => reason.startsWith('params.')).map((reason) => oneLine(reason, options));
}

/** The longest that a stage may run, so that nobody learns it when it strikes. */
function limits({ stages }: Plan, options: TextOptions & { readonly width?: number }): readonly string[] {
  const limited = stages.flatMap(({ name, timeouts }) => (timeouts === undefined ? [] : [{ name, run: timeouts.run }]));
  if (limited.length === 0) return [];
  const groups = [...Map.groupBy(limited, ({ run }) => run)].map(
    ([run, alike]) => `${alike.map(({ name }) => name).join(', ')} ${durationText(run)}`,
  );
  return folded(`Longest a stage may run (\`timeouts.run\`): ${groups.join('; ')}.`, options);
}

function missingImages(plan: Plan, options: PlanTableOptions): readonly string[] {
  const missing = withoutImage(plan);
  if (missing.length === 0) return [];
  const advice = buildAdvice(plan, missing, options.project);
  return [
    'Images not built:',
    ...missing.map(({ image }) => `  ${oneLine(image.reference, options)}`),
    ...(advice.kind === 'bring'
      ? [`  ${oneLine(advice.sentence, options)}`]
      : [`To build them, with ${BUILD_FLAGS}:`, `  ${oneLine(advice.command, options)}`]),
  ];
}

function folded(text: string, { width }: { readonly width?: number }): readonly string[] {
  return width === undefined ? [text] : wrapTo(text, width);
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
