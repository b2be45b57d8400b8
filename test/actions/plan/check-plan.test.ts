import { describe, expect, test } from 'vitest';
import { checkPlan } from '../../../src/actions/plan/check-plan.ts';
import { makePlan } from '../../../src/actions/plan/make-plan.ts';
import type { ImageKnowledge } from '../../../src/domain/image/image-knowledge.ts';
import { planTable } from '../../../src/ui/text/answers/plan-table.ts';
import { type FakeStage, FakeWorld, succeeded } from '../../fakes/story.ts';

const CHAIN: readonly FakeStage[] = [{ name: 'datagen' }, { name: 'train', needs: ['datagen'] }];

function worldWhere(train: ImageKnowledge) {
  const world = new FakeWorld(CHAIN, () => succeeded());
  const target = Object.assign(world.target, {
    imageState: async ({ reference }: { readonly reference: string }): Promise<ImageKnowledge> =>
      reference.includes('train') ? train : 'known',
  });
  return { deps: { ...world.deps(), target }, pipeline: world.pipeline, document: world.document() };
}

describe('a run with an image that nobody built', () => {
  test('is refused before anything is recorded, with the command to type', async () => {
    const { deps, pipeline, document } = worldWhere('missing');
    await expect(checkPlan(deps, pipeline, document)).rejects.toMatchObject({
      code: 'cannot-start',
      exitCode: 5,
      message: expect.stringMatching(/^images are not built:\n {2}train: /),
      hint: expect.stringContaining('`ilab-backend images build train --pipeline '),
    });
  });

  test.each([
    ['../weekly', '../weekly'],
    ["Ada's week", "'Ada'\\''s week'"],
  ])('names the project as it was typed: %s', async (project, word) => {
    const { deps, pipeline, document } = worldWhere('missing');
    const hint = expect.stringContaining(`images build train --project ${word} --pipeline `);
    await expect(checkPlan(deps, pipeline, document, project)).rejects.toMatchObject({ hint });
    const plan = await makePlan({ pipeline, document, runs: [], artifacts: deps.artifacts }, deps.target);
    expect(planTable(plan, { project })).toContain(`images build train --project ${word} --pipeline `);
  });

  test.each(['known', 'unknown'] as const)('goes on when it is %s: the cluster has the last word', async (state) => {
    const { deps, pipeline, document } = worldWhere(state);
    await expect(checkPlan(deps, pipeline, document)).resolves.toHaveProperty('stages');
  });

  test('is shown by a plan, which is an answer and no fault', async () => {
    const { deps, pipeline, document } = worldWhere('missing');
    const plan = await makePlan({ pipeline, document, runs: [], artifacts: deps.artifacts }, deps.target);
    expect(plan.stages.map(({ image }) => image.notBuilt)).toEqual([undefined, true]);
    expect(planTable(plan)).toMatch(
      /Images not built:\n {2}.*train.*\nTo build them, .*:\n {2}ilab-backend images build train/,
    );
  });
});
