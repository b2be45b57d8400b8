import { randomBytes } from 'node:crypto';
import { UserError } from '../domain/errors.ts';
import { parseRunName, RUN_NAME_MAX, type RunName } from '../domain/naming.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import { type Deps, timestamp } from './deps.ts';
import { documentDigest, type RunDocument } from './plan/run-document.ts';

/** The record of a run that nobody drives yet. */
export function newRecord(deps: Deps, name: RunName, pipeline: RenderablePipeline, document: RunDocument): RunRecord {
  const { user, host } = deps.who;
  return {
    version: 1,
    id: deps.newId(),
    name,
    pipeline: { name: pipeline.pipeline.name, version: pipeline.pipeline.version },
    target: pipeline.target,
    ...(pipeline.profile === undefined ? {} : { profile: pipeline.profile }),
    createdAt: timestamp(deps.clock),
    createdBy: { user, host },
    planDigest: documentDigest(document),
    epoch: 1,
    drivers: [],
    stages: pipeline.pipeline.stages.map((stage) => ({ name: stage.name, attempts: [] })),
  };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const RANDOM_LENGTH = 6;

/** `<pipeline>-<6 random>`, cut to the length a run's name may have. */
export function generateName(pipeline: string): RunName {
  const random = [...randomBytes(RANDOM_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  const stem = pipeline.slice(0, RUN_NAME_MAX - RANDOM_LENGTH - 1).replace(/-+$/, '');
  return checkRunName(`${stem}-${random}`);
}

/** Throws `bad-usage` when `text` cannot be a run's name. */
export function checkRunName(text: string): RunName {
  const name = parseRunName(text);
  if (name !== undefined) return name;
  throw new UserError('bad-usage', `${JSON.stringify(text)} cannot be a run's name`, {
    hint: `use at most ${RUN_NAME_MAX} of a-z, 0-9 and -, starting with a letter, e.g. weekly-47`,
  });
}
