import type { Progress, Warning } from '../attempt/progress.ts';
import type { JsonObject } from '../json.ts';
import { barLine } from './bar-line.ts';
import { DEEPSPEED, deepspeedLine, megatronLine, titanLine } from './engine-line.ts';
import type { Facts } from './facts.ts';
import { faultLine } from './fault-line.ts';
import { sdgLine, vllmLine } from './generation-line.ts';
import { trainerLine } from './hf-line.ts';
import { instructlabLine, metricsLine } from './instructlab-line.ts';
import { mlxLine } from './mlx-line.ts';
import { PROGRESS_PREFIX, parseOwnLine } from './own-line.ts';
import { Pace } from './pace.ts';
import { evidenceOf, ofRank, segmentsOf } from './segments.ts';
import { torchtuneLine } from './torchtune-line.ts';

/** What the log said. `at`: when, in milliseconds of the log's own time. */
export type Heard =
  | { readonly kind: 'progress'; readonly at: number; readonly progress: Progress }
  | { readonly kind: 'warned'; readonly at: number; readonly warning: Warning };

const NOTHING: readonly Heard[] = [];
/** Reports in a row whose gradient is no number, of a training that had one. */
const GRADIENTS = 3;
/** With half precision the first steps have none: their scale of 2^16 is halved until the gradient fits. */
const FIRST_GRADIENTS = 17;

const FAMILIES: readonly ((text: string) => Facts | undefined)[] = [
  metricsLine,
  trainerLine,
  mlxLine,
  instructlabLine,
  torchtuneLine,
  deepspeedLine,
  megatronLine,
  titanLine,
  vllmLine,
  sdgLine,
];

/**
 * Reads the log of one attempt line by line and joins what its trainer's lines say: how far it is, and what is wrong. Pure:
 * it knows only the times it is told, so the same log says the same whenever it is read. Once a stage reports for itself
 * (`ilab-progress:`) what the trainer below it prints is no progress any more, only a sign of work, and a fault is a fault.
 */
export class TrainingReader {
  readonly #pace = new Pace();
  readonly #warned = new Set<string>();
  #alarm = Number.POSITIVE_INFINITY;
  #own = false;
  #over = false;
  #stalled = false;
  #gradients = 0;
  #hadGradient = false;
  #joined: Progress = {};

  /** One line as the log has it; of stderr `ilab-progress:` is no progress. */
  line(text: string, stream: 'stdout' | 'stderr' | undefined, at: number): readonly Heard[] {
    const late = at >= this.#alarm ? this.silence(at) : NOTHING;
    const heard = this.#heard(text, stream, at);
    if (heard === undefined) return late;
    this.#alarm = this.#nextAlarm();
    return late.length === 0 ? heard : [...late, ...heard];
  }

  /** Nothing was said until `at`: a stall, once, where that is too long. */
  silence(at: number): readonly Heard[] {
    const alarm = this.#alarm;
    if (at < alarm) return NOTHING;
    this.#stalled = true;
    this.#alarm = Number.POSITIVE_INFINITY;
    return [{ kind: 'warned', at: alarm, warning: { kind: 'stall', message: this.#stallMessage() } }];
  }

  /** When silence becomes a stall; undefined where it never does: no pace yet, all steps done, or it is told already. */
  get alarmAt(): number | undefined {
    return Number.isFinite(this.#alarm) ? this.#alarm : undefined;
  }

  #nextAlarm(): number {
    const { step, steps, fraction } = this.#joined;
    const done = this.#over || fraction === 1 || (step !== undefined && step === steps && !this.#own);
    return this.#stalled || done ? Number.POSITIVE_INFINITY : (this.#pace.alarmAt ?? Number.POSITIVE_INFINITY);
  }

  #heard(text: string, stream: 'stdout' | 'stderr' | undefined, at: number): readonly Heard[] | undefined {
    if (text.startsWith(PROGRESS_PREFIX)) return stream === 'stderr' ? undefined : this.#ownLine(text, at);
    let heard: Heard[] | undefined;
    let bar: Facts | undefined;
    for (const segment of segmentsOf(text)) {
      const warning = faultLine(segment);
      if (warning !== undefined) heard = this.#warn(warning, at, heard ?? []);
      const { rank, said } = ofRank(segment);
      if (!isCandidate(said)) continue;
      const drawn = barLine(said);
      // The dict of a report may stand right behind a bar.
      if (drawn === undefined || said.includes("{'")) heard = this.#family(said, rank, at, heard);
      if (drawn === undefined) continue;
      // The states of a bar in one line are all of now: the last one of the training counts.
      if (rank > 0) heard = this.#beside(drawn, said, at, heard);
      else if (drawn.kind === 'report' || bar === undefined) bar = drawn;
    }
    return bar === undefined ? heard : this.#facts(bar, '', at, heard);
  }

  #ownLine(text: string, at: number): readonly Heard[] | undefined {
    const own = parseOwnLine(text);
    if (own === undefined) return undefined;
    const { progress, lost } = own;
    if (!this.#own) this.#joined = {};
    this.#own = true;
    this.#over = false;
    const moved = progress.step !== undefined || progress.metrics?.['loss'] !== undefined || lost['loss'] !== undefined;
    if (moved) this.#moved(at, progress.step, progress.fraction);
    else this.#working(at, progress.fraction);
    this.#joined = progress;
    const { step, steps, fraction } = progress;
    const left = progress.etaSeconds ?? this.#left(fraction, step, steps);
    const shown = left === undefined ? progress : { ...progress, etaSeconds: left };
    const metrics = { ...numbers(progress.metrics), ...lost };
    return this.#judge(metrics, text, at, [{ kind: 'progress', at, progress: shown }]);
  }

  #family(text: string, rank: number, at: number, before: Heard[] | undefined): Heard[] | undefined {
    for (const family of FAMILIES) {
      const facts = family(text);
      if (facts === undefined) continue;
      // Of Megatron-LM the last rank speaks for all.
      if (rank > 0 && family !== megatronLine) return this.#beside(facts, text, at, before);
      return this.#facts(facts, text, at, before);
    }
    return before;
  }

  #facts(facts: Facts, text: string, at: number, before: Heard[] | undefined): Heard[] | undefined {
    if (this.#own) return this.#beside(facts, text, at, before);
    const { step, steps, epoch, message, metrics } = facts;
    const was = this.#joined;
    const counted = step ?? was.step;
    if (facts.kind === 'over') this.#over = true;
    else if (facts.kind === 'work') this.#working(at, undefined);
    else if (step !== undefined ? step !== was.step : metrics?.['loss'] !== undefined) this.#moved(at, step, undefined);
    const total = steps ?? was.steps;
    // What has begun anew (a further phase, another leaf) has another total.
    const known = total !== undefined && counted !== undefined && counted > total ? undefined : total;
    const fraction =
      counted !== undefined && known !== undefined ? Math.round((counted / known) * 1e6) / 1e6 : undefined;
    const { fraction: _, etaSeconds: __, steps: ___, ...kept } = was;
    const joined: Progress = {
      ...kept,
      ...(message === undefined ? {} : { message }),
      ...(counted === undefined ? {} : { step: counted }),
      ...(known === undefined ? {} : { steps: known }),
      ...(fraction === undefined ? {} : { fraction }),
      ...(epoch === undefined ? {} : { epoch }),
      ...(metrics === undefined ? {} : { metrics: { ...was.metrics, ...spelled(metrics) } }),
    };
    this.#joined = joined;
    if (!says(facts)) return before ?? [];
    const left = facts.kind === 'over' ? undefined : this.#left(undefined, counted, known);
    const progress = left === undefined ? joined : { ...joined, etaSeconds: left };
    return this.#judge(metrics ?? {}, text, at, [...(before ?? []), { kind: 'progress', at, progress }]);
  }

  /** What is no progress, as another tells it: that it is at work, and whether its figures are numbers. */
  #beside({ metrics = {} }: Facts, text: string, at: number, before: Heard[] | undefined): Heard[] | undefined {
    this.#working(at, undefined);
    return this.#judge(metrics, text, at, before ?? []);
  }

  #moved(at: number, step: number | undefined, fraction: number | undefined): void {
    this.#stalled = false;
    this.#over = false;
    this.#pace.report(at, step, fraction);
  }

  #working(at: number, fraction: number | undefined): void {
    this.#stalled = false;
    if (fraction === undefined) this.#pace.work(at);
    else this.#pace.report(at, undefined, fraction);
  }

  #left(fraction: number | undefined, step: number | undefined, steps: number | undefined): number | undefined {
    const left = this.#pace.left(fraction, step, steps);
    return left === undefined ? undefined : Math.round(left);
  }

  #judge(
    metrics: Readonly<Record<string, number>>,
    text: string,
    at: number,
    before: Heard[] | undefined,
  ): Heard[] | undefined {
    const { loss, grad_norm: gradient } = metrics;
    if (gradient !== undefined && Number.isFinite(gradient)) this.#hadGradient = true;
    if (gradient !== undefined) this.#gradients = Number.isFinite(gradient) ? 0 : this.#gradients + 1;
    const where = this.#where();
    const evidence = evidenceOf(text);
    if (loss !== undefined && !Number.isFinite(loss)) {
      const what = Number.isNaN(loss) ? 'no number' : 'infinite';
      return this.#warn({ kind: 'nan', message: `the loss is ${what}${where}`, evidence }, at, before);
    }
    // transformers shows a loss that is no number as 0.
    if (this.#gradients < (this.#hadGradient || loss === 0 ? GRADIENTS : FIRST_GRADIENTS)) return before;
    const message = `the gradient is no number in ${this.#gradients} reports in a row${where}`;
    return this.#warn({ kind: 'nan', message, evidence }, at, before);
  }

  #where(): string {
    const { step, steps, epoch } = this.#joined;
    if (step !== undefined) return ` at step ${step}${steps === undefined ? '' : ` of ${steps}`}`;
    return epoch === undefined ? '' : ` at epoch ${epoch}`;
  }

  /** Each kind is told once: what follows from a fault repeats it on every rank. */
  #warn(warning: Warning, at: number, before: Heard[] | undefined): Heard[] | undefined {
    if (this.#warned.has(warning.kind)) return before;
    this.#warned.add(warning.kind);
    return [...(before ?? []), { kind: 'warned', at, warning }];
  }

  #stallMessage(): string {
    const one = this.#pace.stepMs;
    const usual = one === undefined ? '' : `; one took ${duration(one)} so far`;
    const { step, steps } = this.#joined;
    const after = step === undefined ? '' : ` after step ${step}${steps === undefined ? '' : ` of ${steps}`}`;
    return `no step has ended for ${duration(this.#pace.patience)}${after}${usual}`;
  }
}

/** Cheap, before any pattern is tried: of a hundred thousand lines nearly all are none. */
function isCandidate(text: string): boolean {
  const first = text.charCodeAt(0);
  return (
    first === 123 || // {
    first === 32 ||
    first === 27 ||
    text.startsWith('Iter ') ||
    text.startsWith('Step ') ||
    text.startsWith('Starting training') ||
    text.includes('%|') ||
    text.includes("{'") ||
    text.includes('Step: ') ||
    text.includes('│') ||
    text.includes(' throughput: ') ||
    text.includes('Generated ') ||
    text.includes('Running block: ') ||
    text.includes('checkpoint to ') ||
    text.includes('avg_loss=') ||
    text.includes('alidation loss') ||
    text.startsWith('Saving ') ||
    text.includes('iteration ') ||
    text.includes('step: ') ||
    text.includes('otal optimization steps = ') ||
    text.includes('| Total steps = ') ||
    DEEPSPEED.some((mark) => text.includes(mark))
  );
}

/** Whether it says more than that there is work. */
function says(facts: Facts): boolean {
  return facts.metrics !== undefined || facts.step !== undefined || facts.message !== undefined;
}

/** What is no number becomes a text, which JSON has a word for: the value before it is no longer the one of now. */
function spelled(metrics: Readonly<Record<string, number>>): JsonObject {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
  );
}

function numbers(metrics: JsonObject | undefined): Readonly<Record<string, number>> {
  const all = Object.entries(metrics ?? {});
  return Object.fromEntries(all.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}

/** `3.2 s`, `12 min`, `2.5 h`. */
function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
