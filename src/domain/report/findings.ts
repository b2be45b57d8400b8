import type { Manifest } from '../publication/manifest.ts';
import type { Report as Evaluation, Figure, Score } from '../publication/report.ts';
import { NO_SCORE } from '../publication/report.ts';
import { MEASURES, type Measure } from '../publication/score-text.ts';
import { type Verdict, verdictOf } from '../publication/verdict.ts';

/*
 * What evaluations and generations of data say of themselves, read as a publication reads it: by the shape of the file, whatever the
 * stage is called that made it.
 */

/** Base against tuned. */
export interface ScoreReport {
  /** Which artifact says so. */
  readonly stage: string;
  readonly artifact: string;
  /** Name of the chosen candidate, and of how many. */
  readonly chosen: string;
  readonly candidates: number;
  /** Of the whole model, one for each measure that was taken. */
  readonly measures: readonly MeasureReport[];
}

/** One measure, of the whole model and of each leaf. */
export interface MeasureReport extends Compared {
  readonly name: string;
  readonly title: string;
  readonly better: 'lower' | 'higher';
  readonly leaves: readonly (Compared & { readonly leaf: string })[];
}

/** What was not measured is absent; errors are standard errors. */
export interface Compared {
  readonly base?: Measured;
  readonly tuned?: Measured;
  readonly difference?: Measured;
  /** The 95 % interval of the difference holds zero. */
  readonly isNoise: boolean;
  /** Of how many held-out examples, questions, marks; absent where nobody says. */
  readonly count?: number;
  /** What the difference shows; absent where there is none. */
  readonly verdict?: Verdict;
}

/** A value with its standard error, where there is one. */
export interface Measured {
  readonly value: number;
  readonly error?: number;
}

/** What the data was made of. */
export interface DataReport {
  readonly stage: string;
  readonly artifact: string;
  /** Commits, where the taxonomy had some. */
  readonly commit?: string;
  readonly onto?: string;
  readonly isDirty: boolean;
  readonly pulls: readonly { readonly number: number; readonly commit: string }[];
  readonly teacher?: string;
  /** Counts by name. */
  readonly totals: Readonly<Record<string, number>>;
  readonly leaves: readonly LeafReport[];
}

/** What was made of one leaf. */
export interface LeafReport {
  readonly leaf: string;
  readonly kind: string;
  readonly createdBy: string;
  /** Seed examples that a person wrote. */
  readonly examples: number;
  /** Rows for training, of all phases; absent where nobody says. */
  readonly rows?: number;
}

/** `paths`: how leaves are called, by their id, where a manifest tells. */
export function scoreReport(
  evaluation: Evaluation,
  paths: ReadonlyMap<string, string>,
): Omit<ScoreReport, 'stage' | 'artifact'> {
  const { base, tuned, chosen, candidates } = evaluation;
  const measures = MEASURES.flatMap((measure): readonly MeasureReport[] => {
    const whole = compare(measure, base, tuned, evaluation.isNoise);
    if (whole.base === undefined && whole.tuned === undefined) return [];
    const { short: name, title, better } = measure;
    return [{ name, title, better, ...whole, leaves: leavesOf(evaluation, measure, paths) }];
  });
  return { chosen, candidates, measures };
}

function leavesOf(
  { baseLeaves, tunedLeaves }: Evaluation,
  measure: Measure,
  paths: ReadonlyMap<string, string>,
): MeasureReport['leaves'] {
  const ids = [...new Set([...baseLeaves.keys(), ...tunedLeaves.keys()])];
  return ids.flatMap((id) => {
    const compared = compare(measure, baseLeaves.get(id) ?? NO_SCORE, tunedLeaves.get(id) ?? NO_SCORE);
    if (compared.base === undefined && compared.tuned === undefined) return [];
    return [{ leaf: paths.get(id) ?? id, ...compared }];
  });
}

function compare({ of, better }: Measure, base: Score, tuned: Score, lossIsNoise = false): Compared {
  const [before, after] = [of(base), of(tuned)];
  const [from, to] = [measured(before), measured(after)];
  const isNoise = after === tuned.loss ? lossIsNoise || after.isNoise : after.isNoise;
  const count = after.count ?? before.count;
  const verdict = verdictOf(before, { ...after, isNoise }, better);
  const difference = from === undefined || to === undefined ? undefined : to.value - from.value;
  return {
    ...(from === undefined ? {} : { base: from }),
    ...(to === undefined ? {} : { tuned: to }),
    ...(difference === undefined ? {} : { difference: withError(difference, after.deltaError) }),
    isNoise,
    ...(count === undefined ? {} : { count }),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

function measured({ value, error }: Figure): Measured | undefined {
  return value === undefined ? undefined : withError(value, error);
}

function withError(value: number, error: number | undefined): Measured {
  return { value, ...(error === undefined ? {} : { error }) };
}

/** What a manifest says, without who else is named in it. */
export function dataReport({ taxonomy, leaves, totals, teacher }: Manifest): Omit<DataReport, 'stage' | 'artifact'> {
  const { commit, onto, isDirty, pulls } = taxonomy;
  return {
    ...(commit === undefined ? {} : { commit }),
    ...(onto === undefined ? {} : { onto }),
    isDirty,
    pulls: pulls.map(({ number, commit: head }) => ({ number, commit: head })),
    ...(teacher === undefined ? {} : { teacher }),
    totals,
    leaves: leaves.map(({ path, kind, createdBy, examples, trainRows }) => ({
      ...{ leaf: path, kind, createdBy, examples },
      ...(trainRows === undefined ? {} : { rows: trainRows }),
    })),
  };
}
