import type { Progress } from '../attempt/progress.ts';

/**
 * What one line of a trainer says. Every family of lines (files beside this one) gives this or undefined. The `fraction` of the
 * whole attempt is known to stages of ours only.
 */
export interface Facts extends Omit<Progress, 'metrics'> {
  /** By the names of docs/watching.md; a value may be no number (NaN) or infinite. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** `report`: a step has ended. `work`: no step, but it is at work: it evaluates, saves, loads. `over`: no step follows. */
  readonly kind: 'report' | 'work' | 'over';
}

/** Nothing but that it is at work. */
export const WORK: Facts = { kind: 'work' };

/** As Python and mlx write numbers: `2e-05`, `1,234`, `nan`, `-inf`; undefined for anything else. */
export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || text === '' || text.length > 40) return undefined;
  switch (text.toLowerCase()) {
    case 'nan':
    case '-nan':
      return Number.NaN;
    case 'inf':
    case 'infinity':
      return Number.POSITIVE_INFINITY;
    case '-inf':
    case '-infinity':
      return Number.NEGATIVE_INFINITY;
  }
  const value = Number(text.includes(',') ? text.replaceAll(',', '') : text);
  return Number.isFinite(value) ? value : undefined;
}

/** The names that trainers give to the same thing. */
const NAMES: Readonly<Record<string, string>> = {
  avg_loss: 'loss',
  lr: 'learning_rate',
  gradnorm: 'grad_norm',
  overall_throughput: 'samples_per_second',
  samples_per_sec: 'samples_per_second',
  tokens_per_sec: 'tokens_per_second',
  'tokens/sec': 'tokens_per_second',
  eval_loss: 'val_loss',
  eval_samples_per_second: 'val_samples_per_second',
};

/** `avg_loss` -> `loss`; any other name stays. */
export function metricName(name: string): string {
  return Object.hasOwn(NAMES, name) ? (NAMES[name] ?? name) : name;
}
