import { expect } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { phases, type RunObject } from '../../e2e/program.ts';

/** scores.json, as far as the tests look at it. */
export interface Scores {
  readonly base: Model;
  readonly candidates: readonly Model[];
  readonly chosen: string;
  readonly chosenBy: string;
}

interface Model {
  readonly name: string;
  readonly [figure: string]: unknown;
}

/** Rows of both kinds, two phases that learned, every checkpoint scored, and one of the last phase chosen. */
export function expectWholeChain(status: RunObject, scores: Scores): void {
  expect(phases(status)).toEqual({ datagen: 'Succeeded', train: 'Succeeded', eval: 'Succeeded', publish: 'Succeeded' });
  const [datagen, train, scored] = status.status.stages.map(({ result }) => result?.metrics ?? {});
  for (const rows of ['knowledge_rows', 'skills_rows', 'teacher_rows'])
    expect(datagen?.[rows], rows).toBeGreaterThan(0);
  expect(train?.['checkpoints']).toBe(4);
  expect(train?.['train_loss_last']).toBeLessThan(train?.['train_loss_first'] ?? 0);
  expect(scored).toMatchObject({ candidates: 4 });
  expect(scores).toMatchObject({ chosenBy: 'mt_bench', absent: {} });
  expect(['phase2/epoch-1', 'phase2/epoch-2']).toContain(scores.chosen);
  const models = [scores.base, ...scores.candidates];
  for (const model of models) expect(model['mc_accuracy'], model.name).toBeGreaterThanOrEqual(0);
  const judged = models.filter((model) => model['mt_bench'] !== undefined);
  expect(judged.map(({ name }) => name)).toEqual(['base', 'phase2/epoch-1', 'phase2/epoch-2']);
  for (const model of judged) expect(model['mt_bench_branch']).toBeGreaterThanOrEqual(1);
}

/** Training has told a step of that phase. */
export function isStepOf(phase: number): (event: RunEvent) => boolean {
  return (event) =>
    event.type === 'attempt-progress' && new RegExp(`^phase ${phase} .* step `).test(event.progress.message ?? '');
}
