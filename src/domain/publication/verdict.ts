import type { Figure } from './report.ts';

/** What a difference to the base shows; `too few`: of so few examples that nothing can be said. */
export type Verdict = 'better' | 'worse' | 'within noise' | 'too few';

/** As many that all go one way are chance in fewer than 5 of 100 cases (sign test); fewer are not. */
const ENOUGH_OF_ONE_KIND = 6;

/** `tuned` has the error of the difference. Undefined where there is no difference to speak of. */
export function verdictOf(base: Figure, tuned: Figure, better: 'lower' | 'higher'): Verdict | undefined {
  if (base.value === undefined || tuned.value === undefined) return undefined;
  const difference = tuned.value - base.value;
  const count = tuned.count ?? base.count;
  if (count === 1) return 'too few';
  if (tuned.isNoise || difference === 0) return 'within noise';
  if (tuned.deltaError === 0 && count !== undefined && count < ENOUGH_OF_ONE_KIND) return 'too few';
  return difference < 0 === (better === 'lower') ? 'better' : 'worse';
}

/** ` ± 0.0334`; where all of them are the same, which says nothing of the next, ` (all 8 the same)`; empty without an error. */
export function errorText(error: number | undefined, count?: number): string {
  if (error === undefined) return '';
  return error === 0 ? ` (all${count === undefined ? '' : ` ${count}`} the same)` : ` ± ${error.toFixed(4)}`;
}
