/** Reports whose pace counts. */
const WINDOW = 31;
/** Fewer tell nothing of a pace. */
const ENOUGH = 3;
/** Silence shorter than this is never a stall: an evaluation, a checkpoint on a slow disk. */
const FLOOR_MS = 10 * 60_000;
/** So many median steps, ... */
const STEPS = 10;
/** ... so many reports (a trainer may report each hundredth step), ... */
const REPORTS = 3;
/** ... and so many times the longest pause so far: what passed once passes again. */
const PAUSES = 2;

/** How fast an attempt goes, from the times of its reports. Times in milliseconds of the log. */
export class Pace {
  readonly #perStep: number[] = [];
  readonly #perReport: number[] = [];
  readonly #perFraction: number[] = [];
  #longest = 0;
  #last: { readonly at: number; readonly step: number | undefined; readonly fraction: number | undefined } | undefined;
  /** Since when nothing was heard of it. */
  #since = 0;

  report(at: number, step: number | undefined, fraction: number | undefined): void {
    const last = this.#last;
    if (last !== undefined && at < last.at) return;
    // A further phase starts to count anew, at another pace.
    if (last?.step !== undefined && step !== undefined && step < last.step) this.#restart();
    else if (last !== undefined && at > last.at) {
      const took = at - last.at;
      keep(this.#perReport, took);
      if (step !== undefined && last.step !== undefined && step > last.step)
        keep(this.#perStep, took / (step - last.step));
      if (fraction !== undefined && last.fraction !== undefined && fraction > last.fraction) {
        keep(this.#perFraction, took / (fraction - last.fraction));
      }
      this.#longest = Math.max(this.#longest, took);
    }
    this.#last = { at, step: step ?? last?.step, fraction: fraction ?? last?.fraction };
    this.#since = Math.max(this.#since, at);
  }

  /** It is at work, though no step ends: the silence begins anew. */
  work(at: number): void {
    this.#since = Math.max(this.#since, at);
  }

  /** When silence becomes a stall; undefined while there is no pace. */
  get alarmAt(): number | undefined {
    return this.#perReport.length < ENOUGH ? undefined : this.#since + this.patience;
  }

  /** How long a silence may be. */
  get patience(): number {
    const step = median(this.#perStep) ?? 0;
    const report = median(this.#perReport) ?? 0;
    return Math.max(FLOOR_MS, STEPS * step, REPORTS * report, PAUSES * this.#longest);
  }

  /** The median time of a step; undefined where steps are not counted. */
  get stepMs(): number | undefined {
    return median(this.#perStep);
  }

  /** For what is left of a whole (1) or of `steps`; undefined while there is no pace. */
  left(fraction: number | undefined, step: number | undefined, steps: number | undefined): number | undefined {
    if (fraction !== undefined && this.#perFraction.length >= ENOUGH) {
      return ((median(this.#perFraction) ?? 0) * (1 - fraction)) / 1000;
    }
    if (step === undefined || steps === undefined || this.#perStep.length < ENOUGH) return undefined;
    return ((median(this.#perStep) ?? 0) * Math.max(0, steps - step)) / 1000;
  }

  #restart(): void {
    this.#perStep.length = 0;
    this.#perReport.length = 0;
  }
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > WINDOW) values.shift();
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
