import { expect, test } from 'vitest';
import { destinationsIn, lookAtDestinations, refuseDestinations } from '../../src/actions/check-destinations.ts';
import type { Destination, DestinationRights, OutsideDestination } from '../../src/domain/destination.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { RenderablePipeline } from '../../src/domain/pipeline/renderable-pipeline.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { fakePipeline } from '../fakes/story.ts';

const never = new AbortController().signal;
const token = { name: 'env', key: 'TOKEN' };
const place = (kind: string): JsonObject => ({
  type: 'object',
  'x-destination': { kind },
  properties: { repo: { type: 'string' }, token: { type: 'object', 'x-secret': true } },
});

/** Its stage `show` writes to a hub and to a code host, `tell` to another. */
function pipeline(): RenderablePipeline {
  const fake = fakePipeline([{ name: 'make' }, { name: 'show', needs: ['make'] }, { name: 'tell', needs: ['make'] }]);
  const group = (...names: readonly string[]): JsonObject => ({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, place(name === 'hub' ? 'model-hub' : 'code-host')])),
  });
  return {
    ...fake,
    pipeline: {
      ...fake.pipeline,
      params: { type: 'object', properties: { show: group('hub', 'host'), tell: group('other') } },
    },
    params: {
      show: { hub: { repo: 'a/model', token }, host: { repo: 'a/code', token } },
      tell: { other: { repo: 'a/other', token } },
    },
  };
}

function planOf(verdicts: Readonly<Record<string, 'run' | 'later' | 'reuse' | 'skip'>>): Plan {
  const stages = Object.entries(verdicts).map(([name, kind]) => ({ name, verdict: { kind } }));
  return { stages } as unknown as Plan;
}

class Asked {
  readonly repos: string[] = [];
  readonly #rights: (destination: OutsideDestination) => DestinationRights;

  constructor(rights: (destination: OutsideDestination) => DestinationRights) {
    this.#rights = rights;
  }

  readonly open = async () => ({
    look: async (destination: Destination) => {
      if (destination.kind === 'folder') throw new Error('it has none');
      this.repos.push(destination.repo);
      return this.#rights(destination);
    },
  });
}

const granted: DestinationRights = { kind: 'granted', message: 'ada may write' };
const lacking: DestinationRights = { kind: 'lacking', message: 'the token of ada only reads', fix: 'make another' };
const untold: DestinationRights = { kind: 'untold', message: 'it is in a Secret' };

test('what is known of each place is a finding', async () => {
  const said = { 'a/model': granted, 'a/code': lacking, 'a/other': untold };
  const asked = new Asked(({ repo }) => said[repo as keyof typeof said]);
  const findings = [];
  for await (const finding of lookAtDestinations(destinationsIn(pipeline()), asked.open, never)) findings.push(finding);
  expect(findings).toEqual([
    { name: 'Destination', state: 'ok', message: 'show.hub: ada may write' },
    { name: 'Destination', state: 'problem', message: 'show.host: the token of ada only reads', fix: 'make another' },
    { name: 'Destination', state: 'warning', message: 'tell.other: it is in a Secret' },
  ]);
});

test('a run that would be refused at its end does not start', async () => {
  const asked = new Asked(({ kind }) => (kind === 'code-host' ? lacking : granted));
  const refused = refuseDestinations(
    pipeline(),
    planOf({ make: 'run', show: 'later', tell: 'later' }),
    asked.open,
    never,
  );
  await expect(refused).rejects.toMatchObject({
    code: 'bad-input',
    message: 'show.host would be refused: the token of ada only reads',
    hint: 'make another',
  });
});

test('a Secret that is not there is an object that is missing', async () => {
  const missing = {
    ...lacking,
    message: 'there is no token for a/code: there is no Secret tokens',
    isMissing: true,
  } as const;
  const refused = refuseDestinations(pipeline(), planOf({ show: 'run' }), new Asked(() => missing).open, never);
  await expect(refused).rejects.toMatchObject({ code: 'cannot-start', message: `show.hub: ${missing.message}` });
});

test('what nobody can tell does not stop it', async () => {
  const asked = new Asked(() => untold);
  await refuseDestinations(pipeline(), planOf({ show: 'run', tell: 'run' }), asked.open, never);
  expect(asked.repos).toEqual(['a/model', 'a/code', 'a/other']);
});

test('a place of a stage that does not run is not asked', async () => {
  const asked = new Asked(() => lacking);
  await refuseDestinations(pipeline(), planOf({ make: 'run', show: 'reuse', tell: 'skip' }), asked.open, never);
  expect(asked.repos).toEqual([]);
});
