import type { ManifestLeaf } from './manifest.ts';
import { code } from './markdown.ts';
import { type Figure, NO_SCORE, type Report, type Score } from './report.ts';
import { errorText, verdictOf } from './verdict.ts';

/** How a measure is called, and how machines know it. */
export interface Measure {
  readonly of: (score: Score) => Figure;
  readonly title: string;
  /** For the head of a column, and the begin of a sentence. */
  readonly short: string;
  readonly better: 'lower' | 'higher';
  /** Shown although nothing was measured. */
  readonly isAlwaysShown: boolean;
  /** For the `model-index` of a card: kind of the metric, and name and kind of what it was measured on. */
  readonly index: { readonly metric: string; readonly dataset: string; readonly type: string };
}

/** In the order in which they are shown. */
export const MEASURES: readonly Measure[] = [
  {
    of: ({ loss }) => loss,
    title: 'held-out loss (nats per answer token, lower is better)',
    short: 'Held-out loss',
    better: 'lower',
    isAlwaysShown: true,
    index: { metric: 'loss', dataset: 'held-out examples of the taxonomy', type: 'taxonomy' },
  },
  {
    of: ({ choice }) => choice,
    title: 'multiple choice (part answered right, guessing gives 0.25)',
    short: 'Multiple choice',
    better: 'higher',
    isAlwaysShown: true,
    index: { metric: 'accuracy', dataset: 'multiple choice on held-out examples of the taxonomy', type: 'taxonomy' },
  },
  {
    of: ({ mmlu }) => mmlu,
    title: 'MMLU (part answered right)',
    short: 'MMLU',
    better: 'higher',
    isAlwaysShown: false,
    index: { metric: 'accuracy', dataset: 'MMLU', type: 'cais/mmlu' },
  },
  {
    of: ({ mtBench }) => mtBench,
    title: "MT-Bench (a judge's mark from 1 to 10)",
    short: 'MT-Bench',
    better: 'higher',
    isAlwaysShown: false,
    index: { metric: 'score', dataset: 'MT-Bench', type: 'mt-bench' },
  },
  {
    of: ({ mtBenchBranch }) => mtBenchBranch,
    title: 'MT-Bench-branch (the same, on held-out examples)',
    short: 'MT-Bench-branch',
    better: 'higher',
    isAlwaysShown: false,
    index: { metric: 'score', dataset: 'MT-Bench-branch', type: 'mt-bench-branch' },
  },
];

/** What the signs in the tables mean. */
export const LEGEND =
  'Figures after ± are standard errors. *within noise*: the 95 % interval of the difference holds zero; *too few*: so few examples (n) show nothing.';

/** Four digits, `-` where nothing was measured. */
function figure(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(4);
}

/** Base, tuned and their difference, each with its error. */
function compared({ of, better }: Measure, { base, tuned }: Pick<Report, 'base' | 'tuned'>): readonly string[] {
  return [withError(of(base)), withError(of(tuned)), difference(of(base), of(tuned), better)];
}

/** The rows of the table of a whole model. */
export function scoreRows(report: Report): readonly (readonly string[])[] {
  return MEASURES.filter(({ of, isAlwaysShown }) => isAlwaysShown || of(report.tuned).value !== undefined).map(
    (measure) => [measure.title, ...compared(measure, report)],
  );
}

/**
 * Scores by leaf, before and after: the head, and a row each. A measure that no leaf has is left out; where there is none at
 * all the two are shown that are always.
 */
export function leafScores(
  leaves: readonly ManifestLeaf[],
  { baseLeaves, tunedLeaves }: Report,
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const scored = leaves.map(({ id, path }) => ({
    path,
    base: baseLeaves.get(id) ?? NO_SCORE,
    tuned: tunedLeaves.get(id) ?? NO_SCORE,
  }));
  const measured = MEASURES.filter(({ of }) => scored.some(({ tuned }) => of(tuned).value !== undefined));
  const shown = measured.length > 0 ? measured : MEASURES.filter(({ isAlwaysShown }) => isAlwaysShown);
  return {
    head: ['leaf', ...shown.map(({ short }) => short)],
    rows: scored.map(({ path, base, tuned }) => [
      code(path),
      ...shown.map(({ of, better }) => change(of(base), of(tuned), better)),
    ]),
  };
}

/** What came out, in one sentence without its end: the first measure that both have; undefined where there is none. */
export function headline({ base, tuned, isNoise }: Report): string | undefined {
  for (const { of, short } of MEASURES) {
    const [before, after] = [of(base), of(tuned)];
    if (before.value === undefined || after.value === undefined) continue;
    const noise = after === tuned.loss ? isNoise : after.isNoise;
    return `${short} ${figure(before.value)} -> ${figure(after.value)}${noise ? ', within noise' : ''}`;
  }
  return undefined;
}

/** Before and after on one line, with how many it is from. */
function change(base: Figure, tuned: Figure, better: Measure['better']): string {
  const count = tuned.count ?? base.count;
  const from = count === undefined ? '' : `, n = ${count}`;
  return `${figure(base.value)} -> ${figure(tuned.value)}${from}${mark(base, tuned, better)}`;
}

function difference(base: Figure, tuned: Figure, better: Measure['better']): string {
  if (base.value === undefined || tuned.value === undefined) return '-';
  const delta = tuned.value - base.value;
  const error = errorText(tuned.deltaError, tuned.count);
  return `${delta < 0 ? '-' : '+'}${Math.abs(delta).toFixed(4)}${error}${mark(base, tuned, better)}`;
}

/** What is better or worse needs no mark: the figures say it. */
function mark(base: Figure, tuned: Figure, better: Measure['better']): string {
  const verdict = verdictOf(base, tuned, better);
  return verdict === 'within noise' || verdict === 'too few' ? ` *${verdict}*` : '';
}

function withError({ value, error, count }: Figure): string {
  return figure(value) + (value === undefined ? '' : errorText(error, count));
}
