import { onTestFinished } from 'vitest';
import { manifestJson } from '../../domain/publication/example.ts';
import { type Places, REPO, TAXONOMY } from './places.ts';
import { StageRun } from './stage-run.ts';

/** The stage that publishes to a hub and to a code host all that there is to publish; ends with the test. */
export function newStage({ env }: Pick<Places, 'env'>): StageRun {
  const stage = new StageRun();
  onTestFinished(() => stage.leave());
  delete stage.params['registry'];
  const github = { repo: TAXONOMY, release: true, labels: ['in a model'], status: true };
  stage.params = { ...stage.params, huggingFace: { repo: REPO }, github, runCreated: '2026-12-01T10:00:12.345Z' };
  const pulls = [{ number: 123, commit: '1'.repeat(40), leaves: ['knowledge/ponds'], authors: ['Ines'] }];
  stage.manifest = { ...manifestJson(), taxonomy: { commit: 'c'.repeat(40), onto: 'b'.repeat(40), pulls } };
  stage.env = env;
  return stage;
}

/** What `traces` finds of one publication of it. */
export const WHOLE = {
  ...{ commits: 1, tags: ['weekly-47'], branches: ['main', 'ilab-backend/workshop-tiny/weekly-47'], pulls: 1 },
  ...{ entries: [0, 1], comments: [123], labels: [1, 0], releases: ['workshop-tiny-weekly-47'] },
};
