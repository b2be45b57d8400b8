import { isDone, stagePhase } from '../domain/run/run-phase.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import type { Deps } from './deps.ts';
import { madeBy } from './plan/past-results.ts';
import { type PlanValues, planValues } from './plan/plan-values.ts';
import { parseDocument, type RunDocument } from './plan/run-document.ts';
import { readRun } from './read-run.ts';

/** A run, and the place that has it: two that are compared may live in two clusters. */
export interface RunPlace {
  readonly deps: Deps;
  readonly name: string;
}

/** One thing in which two runs differ. A side that is absent does not have it. */
export interface RunDifference {
  /**
   * `params.train.epochs`, `pod.fsGroup`, `data.datagen.taxonomy.version`, `files.<path>`, `overlays.<stage>`, `images.<image>`,
   * `results.eval.state`, `results.eval.metrics.loss`, `results.eval.outputs.model`.
   */
  readonly path: string;
  readonly before?: string | number;
  readonly after?: string | number;
}

/**
 * In what two runs differ, value by value: what they were made from, then what came out of each stage. Where a value came
 * from (a flag, a file) and whether a result was made or reused are no difference. Throws `not-found`, `state-broken`.
 */
export async function diffRuns(left: RunPlace, right: RunPlace): Promise<readonly RunDifference[]> {
  const [before, after] = await Promise.all([valuesOf(left), valuesOf(right)]);
  return differencesOf(before, after);
}

/** In what a run that would be made now differs from one that was, before either made anything. Throws as `diffRuns`. */
export async function diffFromRun({ deps, name }: RunPlace, now: RunDocument): Promise<readonly RunDifference[]> {
  await readRun(deps, name);
  return differencesOf(planValues(parseDocument(await deps.store.readSources(name), name)), planValues(now));
}

function differencesOf(before: PlanValues, after: PlanValues): readonly RunDifference[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const sections = [...new Set(paths.map(sectionOf))];
  // What only the other run has stands with its kind.
  const ordered = paths.toSorted((a, b) => sections.indexOf(sectionOf(a)) - sections.indexOf(sectionOf(b)));
  return ordered.flatMap((path) => {
    const [then, now] = [before.get(path), after.get(path)];
    if (then === now) return [];
    return [{ path, ...(then === undefined ? {} : { before: then }), ...(now === undefined ? {} : { after: now }) }];
  });
}

function sectionOf(path: string): string {
  return path.slice(0, path.indexOf('.') + 1);
}

async function valuesOf({ deps, name }: RunPlace): Promise<PlanValues> {
  const { record } = await readRun(deps, name);
  const document = parseDocument(await deps.store.readSources(name), name);
  return new Map([...planValues(document), ...resultValues(record)]);
}

function resultValues(record: RunRecord): PlanValues {
  const values = new Map<string, string | number>();
  const made = madeBy(record);
  for (const stage of record.stages) {
    const at = `results.${stage.name}`;
    if (!isDone(stage)) values.set(`${at}.state`, stagePhase(stage));
    const result = made.get(stage.name)?.result;
    for (const [metric, value] of Object.entries(result?.metrics ?? {})) values.set(`${at}.metrics.${metric}`, value);
    if (result?.chosen !== undefined) values.set(`${at}.chosen`, result.chosen);
    for (const { name, digest } of result?.artifacts ?? []) values.set(`${at}.outputs.${name}`, digest);
  }
  return values;
}
