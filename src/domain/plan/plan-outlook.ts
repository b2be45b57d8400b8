import type { StageName } from '../naming.ts';
import type { Outlook, StagePlan } from './plan.ts';
import { joinSpreads, type Spread } from './spread.ts';

const NOTHING: Spread = { median: 0, min: 0, max: 0 };
const add = (a: number, b: number): number => a + b;

/** What is asked of a stage of the plan. */
type Expected = Pick<StagePlan, 'name' | 'verdict' | 'tookBefore' | 'gpuHours'> & {
  readonly needs: readonly StageName[];
};

/**
 * What the stages that would run take all together: those of which none waits for another at the same time. Undefined
 * when nothing is known of any. `stages` in the order of the graph.
 */
export function outlookOf(stages: readonly Expected[]): Outlook | undefined {
  const ends = new Map<StageName, Spread>();
  let seconds = NOTHING;
  let gpuHours: Spread | undefined;
  for (const { name, needs, tookBefore, gpuHours: held } of stages) {
    const begins = needs.reduce((latest, need) => joinSpreads(latest, ends.get(need) ?? NOTHING, Math.max), NOTHING);
    const end = joinSpreads(begins, tookBefore?.seconds ?? NOTHING, add);
    ends.set(name, end);
    seconds = joinSpreads(seconds, end, Math.max);
    if (held !== undefined) gpuHours = joinSpreads(gpuHours ?? NOTHING, held, add);
  }
  const known = stages.flatMap(({ tookBefore }) => tookBefore ?? []);
  if (known.length === 0) return undefined;
  const unknown = stages.filter(({ verdict, tookBefore }) => isOpen(verdict) && tookBefore === undefined);
  return {
    seconds,
    ...(gpuHours === undefined ? {} : { gpuHours }),
    runs: [...new Set(known.flatMap(({ runs }) => runs))],
    unknown: unknown.map(({ name }) => name),
  };
}

function isOpen({ kind }: StagePlan['verdict']): boolean {
  return kind === 'run' || kind === 'later';
}
