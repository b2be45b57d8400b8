import { expect, test } from 'vitest';
import { bindInputs } from '../../../src/actions/plan/bind-inputs.ts';
import type { ArtifactResult } from '../../../src/domain/attempt/outcome.ts';
import type { StageName } from '../../../src/domain/naming.ts';
import { FakeWorld, succeeded } from '../../fakes/story.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** The input that a stage takes from the artifact `out` of another. */
function boundTo(artifact: Pick<ArtifactResult, 'path' | 'digest'>) {
  const world = new FakeWorld([{ name: 'one' }, { name: 'two', needs: ['one'] }], () => succeeded());
  const [, stage] = world.pipeline.pipeline.stages;
  if (stage === undefined) throw new Error('it has two stages');
  const origin = { run: 'weekly-1', stage: 'one' as StageName, attempt: 2 } as never;
  const result = { version: 1, metrics: {}, artifacts: [{ name: 'out', size: 1, ...artifact }] } as const;
  return bindInputs(stage, world.document(), () => ({ origin, result }))[0];
}

test.each([
  ['a file', { path: 'text', digest: DIGEST }, 'runs/weekly-1/one/2/text', ['.listing']],
  ['all that a plain stage left', { path: '.', digest: DIGEST }, 'runs/weekly-1/one/2', ['.listing']],
  ['the same where nobody could list it', { path: '.', digest: 'attempt:uid' }, 'runs/weekly-1/one/2', []],
] as const)('an input from %s has what its producer wrote down beside it', (_what, artifact, subPath, companions) => {
  expect(boundTo(artifact)).toMatchObject({ name: 'one', subPath, companions });
});
