import { expect, test } from 'vitest';
import { driveRun } from '../../src/actions/drive/drive-run.ts';
import { changesSince } from '../../src/actions/plan/changes-since.ts';
import { prepareResume } from '../../src/actions/resume-run.ts';
import { UserError } from '../../src/domain/errors.ts';
import { FakeWorld, failed, play, succeeded } from '../fakes/story.ts';

const never = new AbortController().signal;
const SOURCES = {
  version: 1,
  pipeline: { name: 'fake', version: '1.0.0', folder: 'pipelines/fake' },
  target: 'local',
  files: [{ path: 'pipelines/fake/pipeline.yaml', text: 'a' }],
  shared: [],
  params: {},
  pod: {},
  overlays: [],
  images: {},
  stages: { one: { engine: 'fake', variant: 'job' }, two: { engine: 'fake', variant: 'job' } },
  origins: {},
};

async function failedRun() {
  const world = new FakeWorld([{ name: 'one' }, { name: 'two', needs: ['one'] }], ({ stage }) =>
    stage === 'one' ? succeeded() : failed(),
  );
  const plain = world.document({ sources: SOURCES });
  const images = Object.fromEntries(
    Object.entries(plain.images).map(([name]) => [
      name,
      { reference: name, folder: name, identity: `identity-of-${name}` },
    ]),
  );
  await world.start('weekly-1', { ...plain, images });
  await play(driveRun(world.deps(), { name: 'weekly-1' }, never));
  return world;
}

test('a longer time holds for each further attempt, whoever drives, and is in no other run', async () => {
  const world = await failedRun();
  const opened: (number | undefined)[] = [];
  const deps = world.deps();
  const openPipeline = (sources: string) => {
    opened.push(JSON.parse(sources).stages.two.timeouts?.run);
    return world.pipeline;
  };
  expect(await prepareResume(deps, 'weekly-1', { runTimeout: 172_800 })).toBe('retried');
  await play(driveRun({ ...deps, openPipeline }, { name: 'weekly-1' }, never));
  await prepareResume(deps, 'weekly-1');
  await play(driveRun({ ...deps, openPipeline }, { name: 'weekly-1' }, never));
  expect(new Set(opened)).toEqual(new Set([172_800]));
  expect(world.stored('weekly-1')).toMatchObject({ runTimeout: 172_800, epoch: 3 });
});

test('what a failed run was made with and what is there now are told apart, for the stages that are left', async () => {
  const world = await failedRun();
  const now = { ...SOURCES, files: [{ path: 'pipelines/fake/pipeline.yaml', text: 'b' }] };
  const open = async () => ({
    pipeline: world.pipeline,
    sources: JSON.stringify(now),
    config: now as never,
    locations: [],
    typed: { set: [], valueFiles: [] },
    stoodIn: [],
  });
  world.target.identify = async (reference) => ({ reference, identity: 'mended' });
  expect(await changesSince(world.deps(), 'weekly-1', open)).toEqual({
    changes: ['stages/two/fake has changed', 'the file pipelines/fake/pipeline.yaml changed'],
    again: 'ilab-backend run fake',
  });
});

test('nothing is said where nothing changed, and where the project is not here', async () => {
  const world = await failedRun();
  const same = async () => ({
    pipeline: world.pipeline,
    sources: JSON.stringify(SOURCES),
    config: SOURCES as never,
    locations: [],
    typed: { set: [], valueFiles: [] },
    stoodIn: [],
  });
  const away = () => Promise.reject(new UserError('unknown-pipeline', 'there is no pipeline fake'));
  expect((await changesSince(world.deps(), 'weekly-1', same)).changes).toEqual([]);
  expect((await changesSince(world.deps(), 'weekly-1', away)).changes).toEqual([]);
});
