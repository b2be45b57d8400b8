import type { StageName } from '../naming.ts';

/** What is asked of a stage that would run. */
export interface Holding {
  readonly name: StageName;
  readonly needs: readonly StageName[];
  readonly gpus: number;
}

/** Beyond so many stages with GPUs not every set of them is tried. */
const EXACT_MAX = 16;

/**
 * The most GPUs that stages of a graph can hold at one time: stages of which none waits for another, however far back.
 * `stages` in the order of the graph, those that do not run (with 0) too. With many stages that hold GPUs: their sum, which is
 * never too few.
 */
export function peakGpus(stages: readonly Holding[]): number {
  const before = new Map<StageName, Set<StageName>>();
  for (const { name, needs } of stages) {
    before.set(name, new Set(needs.flatMap((need) => [need, ...(before.get(need) ?? [])])));
  }
  const holding = stages.filter(({ gpus }) => gpus > 0);
  if (holding.length > EXACT_MAX) return holding.reduce((sum, { gpus }) => sum + gpus, 0);
  return most(holding, before);
}

function most(stages: readonly Holding[], before: ReadonlyMap<StageName, ReadonlySet<StageName>>): number {
  const [first, ...rest] = stages;
  if (first === undefined) return 0;
  const isApart = ({ name }: Holding): boolean =>
    before.get(first.name)?.has(name) !== true && before.get(name)?.has(first.name) !== true;
  return Math.max(first.gpus + most(rest.filter(isApart), before), most(rest, before));
}
