import { expect, test } from 'vitest';
import { type DiagnoseRequest, diagnoseRun } from '../../src/actions/diagnose-run.ts';
import { driveRun } from '../../src/actions/drive/drive-run.ts';
import { maskKnownSecrets } from '../../src/adapters/machine/known-secrets.ts';
import type { Outcome } from '../../src/domain/attempt/outcome.ts';
import type { Finding } from '../../src/domain/diagnosis/finding.ts';
import { UserError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { LogLine } from '../../src/ports/target.ts';
import { diagnosisPage, diagnosisVerdict } from '../../src/ui/text/answers/diagnosis-page.ts';
import { FakeWorld, succeeded } from '../fakes/story.ts';

const never = new AbortController().signal;
const STAGES = [{ name: 'train' }, { name: 'eval', needs: ['train'] }];

function sourcesWith(params: JsonObject): JsonObject {
  const origins = { params: { kind: 'flag', flag: `--set ${JSON.stringify(params)}` } };
  const rest = { pod: {}, stages: {}, images: {}, files: [], shared: [], overlays: [] };
  return { pipeline: { name: 'fake', version: '1.0.0' }, target: 'local', params, ...rest, origins };
}

function fails(message: string): Outcome {
  return { kind: 'failed', class: 'user', reason: 'exit', message, exitCode: 1 };
}

const PLAIN: Omit<DiagnoseRequest, 'name'> = {
  tail: 200,
  program: { version: '1.2.3', node: 'v24.0.0', os: 'linux x64 6.1.0' },
  examine: async function* () {},
  openMask: async () => (text) => text,
};

/** A run whose eval failed, in a world that was changed by `prepare`. */
async function ended(message: string, params: JsonObject = {}): Promise<FakeWorld> {
  const world = new FakeWorld(STAGES, ({ stage }) => (stage === 'eval' ? fails(message) : succeeded()));
  await world.start('weekly', world.document({ sources: sourcesWith(params) }));
  for await (const _ of driveRun(world.deps(), { name: 'weekly' }, never));
  return world;
}

async function* lines(...texts: readonly string[]): AsyncGenerator<readonly LogLine[], void> {
  yield texts.map((text) => ({ container: 'main', time: '2026-01-01T00:00:00.000000000Z', text }));
}

test('causes come first, the likeliest before the others; everything else is there', async () => {
  const world = await ended('it ended with exit code 1: no such column');
  world.target.logs = () => lines('loading', '```', 'KeyError: no such column');
  const examine = async function* (): AsyncGenerator<Finding, void> {
    yield { name: 'Disk', state: 'warning', message: '1 GiB free', fix: 'free space' };
    yield { name: 'Python', state: 'problem', message: 'there is none', fix: 'install it' };
    yield { name: 'Node', state: 'ok', message: '24' };
  };
  const diagnosis = await diagnoseRun(world.deps(), { ...PLAIN, name: 'weekly', examine }, never);
  expect(diagnosis.causes.map(({ what }) => what)).toEqual([
    'eval, attempt 1: it ended with exit code 1: no such column (exit, class user; `ilab-backend explain outcome-exit`)',
    'Python: there is none',
    'Disk: 1 GiB free',
  ]);
  expect(diagnosis.causes[0]?.because[0]).toBe('its log ends with: KeyError: no such column');
  expect(diagnosis.causes[0]?.remedies[0]).toBe('`ilab-backend logs weekly eval`');
  expect(diagnosis.manifests.map(({ stage, isSame }) => [stage, isSame])).toEqual([
    ['train', true],
    ['eval', true],
  ]);
  expect(diagnosis.missing).toEqual([]);
  expect(diagnosis.events.map(({ type }) => type)).toContain('attempt-ended');
  const page = diagnosisPage(diagnosis);
  expect(page.indexOf('## Likely causes')).toBeLessThan(page.indexOf('## Logs'));
  // A line of a log ends no block.
  expect(page).toContain('````\n2026-01-01T00:00:00.000000000Z [main] loading');
});

test('what the log ends with stands with the cause; a reason is explained once', async () => {
  const world = new FakeWorld([{ name: 'train', retry: { infra: 0, user: 1 } }], () =>
    fails('it ended with exit code 1'),
  );
  await world.start('weekly', world.document({ sources: sourcesWith({}) }));
  for await (const _ of driveRun(world.deps(), { name: 'weekly' }, never));
  world.target.logs = () => lines('loading', 'error: no GPU is left', ' ');
  const { causes } = await diagnoseRun(world.deps(), { ...PLAIN, name: 'weekly' }, never);
  expect(causes.map(({ because }) => because[0])).toEqual(['its log ends with: no GPU is left', undefined]);
  expect(causes[1]?.what).toMatch(/^train, attempt 1: it ended with exit code 1/);
});

test('what the log warned of stands with what ended the stage, and what to change; of a stage that ended well it stands last', async () => {
  const world = await ended('it ended with exit code 1');
  world.target.logs = () => lines("{'loss': 'nan', 'epoch': '0.6'}", 'more');
  const { causes } = await diagnoseRun(world.deps(), { ...PLAIN, name: 'weekly' }, never);
  expect(causes.map(({ what }) => what)).toEqual([
    expect.stringMatching(/^eval, attempt 1: it ended with exit code 1/),
    'eval, attempt 1 warned: the loss is no number at epoch 0.6',
    'train, attempt 1 warned: the loss is no number at epoch 0.6',
  ]);
  expect(causes[1]).toMatchObject({
    because: ["its log: {'loss': 'nan', 'epoch': '0.6'}"],
    remedies: [expect.stringContaining('lower the learning rate')],
  });
});

test('what cannot be had is said, and ends nothing', async () => {
  const world = await ended('it ended with exit code 1');
  world.target.logs = async function* () {
    yield [];
    throw new UserError('unreachable', 'the node does not answer');
  };
  const deps = { ...world.deps(), target: world.target };
  const broken = async function* (): AsyncGenerator<Finding, void> {
    yield { name: 'Node', state: 'ok', message: '24' };
    throw new UserError('cannot-start', 'you may not look');
  };
  const diagnosis = await diagnoseRun(deps, { ...PLAIN, name: 'weekly', examine: broken }, never);
  expect(diagnosis.missing).toEqual([
    'the place it runs in: you may not look',
    'the log of train, attempt 1: the node does not answer',
    'the log of eval, attempt 1: the node does not answer',
  ]);
  expect(diagnosisPage(diagnosis)).toContain('- the log of train, attempt 1: the node does not answer');
});

test('a run that is well has no cause', async () => {
  const world = new FakeWorld(STAGES, () => succeeded());
  await world.start('weekly', world.document({ sources: sourcesWith({}) }));
  for await (const _ of driveRun(world.deps(), { name: 'weekly' }, never));
  const diagnosis = await diagnoseRun(world.deps(), { ...PLAIN, name: 'weekly' }, never);
  expect(diagnosis.causes).toEqual([]);
  expect(diagnosisPage(diagnosis)).toContain('## It ended well\n\nweekly is done.\n\n## How it stands');
  expect(diagnosisVerdict(diagnosis)).toBe('it ended well: weekly is done');
});

test('what is found where a run ended well is the cause of nothing', async () => {
  const world = new FakeWorld([{ name: 'train', retry: { infra: 0, user: 1 } }], ({ attempt }) =>
    attempt === 1 ? fails('it ended with exit code 1') : succeeded(),
  );
  await world.start('weekly', world.document({ sources: sourcesWith({}) }));
  for await (const _ of driveRun(world.deps(), { name: 'weekly' }, never));
  const examine = async function* (): AsyncGenerator<Finding, void> {
    yield { name: 'Disk', state: 'warning', message: '1 GiB free', fix: 'free space' };
    yield { name: 'Python', state: 'problem', message: 'there is none', fix: 'install it' };
    yield { name: 'Node', state: 'ok', message: '24' };
  };
  const diagnosis = await diagnoseRun(world.deps(), { ...PLAIN, name: 'weekly', examine }, never);
  expect(diagnosis.causes.map(({ what }) => what)).toEqual([
    expect.stringMatching(/^train, attempt 1: it ended with exit code 1/),
  ]);
  expect(diagnosisVerdict(diagnosis)).toMatch(
    /^it ended well: weekly is done; on the way: train, attempt 1: .*; `doctor` finds 2 things to mend where it lives$/,
  );
  const page = diagnosisPage(diagnosis);
  expect(page).not.toContain('Likely causes');
  expect(page).toContain('## It ended well\n\nweekly is done.\n\nWhat went wrong on the way:\n\n1. train, attempt 1');
  expect(page).toContain('- problem: Python: there is none. install it');
  expect(page).toContain('3 looks at the place: 2 things to mend');
  expect(diagnosisPage({ ...diagnosis, findings: diagnosis.findings.slice(2) })).toContain(
    '1 look at the place: nothing to mend',
  );
});

test('no secret is in it, wherever one lay', async () => {
  const canary = (place: string): string => `canary-${place}-7d1f`;
  // Each place has a canary of its own, so that a failure says which one leaks.
  const canaries = {
    variable: canary('variable'),
    named: canary('named'),
    param: canary('param'),
    hub: `hf_${'c'.repeat(20)}`,
    userinfo: canary('userinfo'),
    log: canary('log'),
    key: `MII${'k'.repeat(40)}`,
    message: canary('message'),
    event: canary('event'),
    finding: canary('finding'),
    manifest: canary('manifest'),
    signed: canary('signed'),
  };
  const world = await ended(`it ended: GET https://ada:${canaries.message}@hub/x`, {
    hub: { password: canaries.param, url: `https://u:${canaries.userinfo}@host`, note: canaries.hub },
  });
  const { render } = world.pipeline;
  const env = [
    { name: 'API_KEY', value: canaries.manifest },
    { name: 'OTHER', valueFrom: { secretKeyRef: { name: 'env', key: 'PLANTED' } } },
  ];
  world.pipeline = { ...world.pipeline, render: (...args) => [...render(...args), { kind: 'Extra', env }] };
  world.target.logs = () =>
    lines(
      `using ${canaries.variable} and ${canaries.named}, ${canaries.param}`,
      `Authorization: Bearer ${canaries.log}`,
      `HF_TOKEN=${canaries.log}`,
      '-----BEGIN PRIVATE KEY-----',
      canaries.key,
      '-----END PRIVATE KEY-----',
      `${Buffer.from(canaries.variable).toString('base64')} ${canaries.manifest}`,
    );
  const survey = async () => ({
    objects: [{ name: 'Pod/x', state: { env: [{ name: 'TOKEN', value: canaries.event }] } }],
    events: [
      {
        ...{ time: '2026-01-01T00:00:00Z', object: 'Pod/x', type: 'Warning', reason: 'Failed', count: 1 },
        message: `pull https://robot:${canaries.event}@registry failed, ${canaries.variable}`,
      },
    ],
    missing: [`nodes: https://a:${canaries.event}@server says no`],
  });
  const request: DiagnoseRequest = {
    ...PLAIN,
    name: 'weekly',
    examine: async function* () {
      yield { name: 'Hub', state: 'problem', message: `https://hub/x?X-Amz-Signature=${canaries.signed}` };
      yield { name: 'Proxy', state: 'ok', message: `http://ada:${canaries.finding}@proxy:3128` };
    },
    openMask: async ({ named, references }) => {
      expect(references).toContainEqual({ kind: 'env', key: 'PLANTED' });
      return maskKnownSecrets({ env: { HOME: '/nowhere', GITHUB_TOKEN: canaries.variable } }, [
        ...named,
        canaries.named,
      ]);
    },
  };
  const deps = { ...world.deps(), target: Object.assign(world.target, { survey }) };
  const diagnosis = await diagnoseRun(deps, request, never);
  const texts = [JSON.stringify(diagnosis), diagnosisPage(diagnosis)];
  const leaks = Object.entries(canaries).filter(([, secret]) => texts.some((text) => text.includes(secret)));
  expect(leaks).toEqual([]);
  // They were there to be found.
  expect(texts[1]).toContain('using *** and ***, ***');
  expect(texts[1]).toContain('https://***@hub/x');
  expect(diagnosis.placeEvents[0]?.message).toContain('https://***@registry failed');
});
