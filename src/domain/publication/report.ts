import * as z from 'zod';
import { UserError } from '../errors.ts';
import { firstFault, parseJson } from './manifest.ts';
import { plainLine } from './markdown.ts';

/** One measure of one model; what was not measured is absent. */
export interface Figure {
  readonly value?: number;
  /** Standard error. */
  readonly error?: number;
  /** Standard error of the difference to the base. */
  readonly deltaError?: number;
  /** Of how many held-out examples, questions, marks; absent where nobody says. */
  readonly count?: number;
  /** The 95 % interval of the difference holds zero. */
  readonly isNoise: boolean;
}

/** What one model scored. */
export interface Score {
  /** Held-out loss, nats per answer token; lower is better. */
  readonly loss: Figure;
  /** Multiple choice, part answered right. */
  readonly choice: Figure;
  readonly mmlu: Figure;
  /** A judge's mark from 1 to 10. */
  readonly mtBench: Figure;
  readonly mtBenchBranch: Figure;
}

/** The report of an evaluation (stages/README.md): the base model and the chosen candidate. */
export interface Report {
  readonly base: Score;
  readonly tuned: Score;
  /** Name of the chosen candidate. */
  readonly chosen: string;
  /** How many there were. */
  readonly candidates: number;
  /** The change of the held-out loss is within noise. */
  readonly isNoise: boolean;
  /** By leaf id. */
  readonly baseLeaves: ReadonlyMap<string, Score>;
  readonly tunedLeaves: ReadonlyMap<string, Score>;
}

const measured = z.looseObject({
  per_leaf: z.record(z.string(), z.record(z.string(), z.unknown())).nullish(),
});

const document = z.looseObject({
  base: measured,
  candidates: z.array(measured.extend({ name: z.string() })).min(1),
  chosen: z.string(),
  withinNoise: z.boolean().nullish().catch(null),
});

type Figures = Readonly<Record<string, unknown>>;

/** Nothing measured. */
export const NO_SCORE: Score = scoreOf({});

/** Reads the text of a report. Throws `bad-input`; a figure that is no finite number counts as not measured. */
export function parseReport(text: string): Report {
  const { success, data, error } = document.safeParse(parseJson(text, 'scores'));
  if (!success) throw new UserError('bad-input', `input scores is no report of scores: ${firstFault(error)}`);
  const tuned = data.candidates.find(({ name }) => name === data.chosen);
  if (tuned === undefined) {
    const name = plainLine(data.chosen, 60);
    throw new UserError('bad-input', `input scores has no candidate of the name it chose, ${JSON.stringify(name)}`);
  }
  return {
    base: scoreOf({ ...countsOf(data.base.per_leaf ?? {}), ...data.base }),
    tuned: scoreOf({ ...countsOf(tuned.per_leaf ?? {}), ...tuned }),
    chosen: data.chosen,
    candidates: data.candidates.length,
    isNoise: data.withinNoise === true,
    baseLeaves: leavesOf(data.base.per_leaf ?? {}),
    tunedLeaves: leavesOf(tuned.per_leaf ?? {}),
  };
}

/** How many there are of all leaves together; only where each leaf says it. */
function countsOf(leaves: Readonly<Record<string, Figures>>): Figures {
  const sum = (key: string): Figures => {
    const each = Object.values(leaves).map((figures) => figures[key]);
    const known = each.filter((one) => typeof one === 'number');
    return known.length === 0 || known.length < each.length ? {} : { [key]: known.reduce((all, one) => all + one, 0) };
  };
  return { ...sum('rows'), ...sum('questions') };
}

function leavesOf(scores: Readonly<Record<string, Figures>>): ReadonlyMap<string, Score> {
  return new Map(Object.entries(scores).map(([leaf, figures]) => [leaf, scoreOf(figures)]));
}

function scoreOf(figures: Figures): Score {
  return {
    loss: figureOf(figures, 'heldout_loss', 'heldout_loss', 'rows'),
    choice: figureOf(figures, 'mc_accuracy', 'mc', 'questions'),
    mmlu: figureOf(figures, 'mmlu', 'mmlu'),
    mtBench: figureOf(figures, 'mt_bench', 'mt_bench'),
    mtBenchBranch: figureOf(figures, 'mt_bench_branch', 'mt_bench_branch'),
  };
}

function figureOf(figures: Figures, value: string, name: string, counted = ''): Figure {
  const number = (key: string): number | undefined => {
    const found = figures[key];
    return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
  };
  const [measuredValue, error, deltaError] = [number(value), number(`${name}_se`), number(`${name}_delta_se`)];
  const count = number(`${name}_n`) ?? number(counted);
  return {
    ...(measuredValue === undefined ? {} : { value: measuredValue }),
    ...(error === undefined ? {} : { error }),
    ...(deltaError === undefined ? {} : { deltaError }),
    ...(measuredValue === undefined || count === undefined || count < 1 ? {} : { count }),
    isNoise: figures[`${name}_within_noise`] === true,
  };
}
