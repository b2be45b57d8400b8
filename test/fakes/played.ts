import { driveRun } from '../../src/actions/drive/drive-run.ts';
import type { Outcome } from '../../src/domain/attempt/outcome.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type FakeStage, FakeWorld, play } from './story.ts';

/** Sources as a run stores them, with one parameter that somebody set. */
const SOURCES: JsonObject = {
  ...{
    pipeline: { name: 'fake', version: '1' },
    target: 'local',
    params: { train: { epochs: 3 } },
    pod: {},
    stages: {},
  },
  ...{ images: {}, files: [{ path: 'pipeline.yaml', text: 'x' }], shared: [], overlays: [] },
  origins: { 'params.train.epochs': { kind: 'flag', flag: '--set train.epochs=3' } },
};

/** A world in which runs of these names were played to their end. */
export async function playedWorld(
  stages: readonly FakeStage[],
  script: (stage: string, attempt: number) => Outcome,
  names: readonly string[] = ['weekly-1'],
): Promise<FakeWorld> {
  const world = new FakeWorld(stages, ({ stage, attempt }) => script(stage, attempt));
  for (const name of names) {
    await world.start(name, world.document({ sources: SOURCES }));
    await play(driveRun(world.deps(), { name }, new AbortController().signal));
  }
  return world;
}
