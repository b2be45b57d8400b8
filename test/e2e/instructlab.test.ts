import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { browserOfFile, leavePicture, NO_BROWSER } from '../browser/browser.ts';
import { GitHubServer } from '../github/github-server.ts';
import { startHub } from '../huggingface/hub-server.ts';
import { Person, parseEvents, phases, type RunObject } from './program.ts';
import { skill, writeLeaf } from './taxonomies.ts';

/*
 * The whole chain with real libraries, as `npm run quickstart` starts it: from the example taxonomy to a tuned model
 * in a registry folder. Environments are installed into the person's own state folder.
 */
const CLONE = resolve(import.meta.dirname, '../..');
const person = new Person();
const open = browserOfFile();
const run = (...args: readonly string[]) => person.type('run', 'instructlab', '--project', CLONE, ...args);

/** What makes of the example a model that is worse than its base; with states to go on from that a kill may come between. */
const WORSE = Object.entries({
  ...{ 'train.epochs': '1', 'train.learningRate': '3' },
  ...{ 'train.mlx.maxGradNorm': '0', 'train.mlx.saveSteps': '5' },
}).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

let first: RunObject;
beforeAll(async () => {
  const { exitCode, events, stderr } = await person.events('run', 'instructlab', '--project', CLONE, '--name', 'first');
  expect(exitCode, stderr).toBe(0);
  for (const event of events)
    expect(event).toMatchObject({ type: expect.any(String), time: expect.any(String), run: 'first' });
  expect(events.at(-1)).toMatchObject({ type: 'run-ended', phase: 'Succeeded', exitCode: 0 });
  first = await person.status('first');
}, 600_000); // Two environments are installed; what they are made from comes over the network.
afterAll(() => person.leave());

async function artifact(of: string, name: string): Promise<string> {
  const { stdout } = await person.type('artifacts', of, '-o', 'json');
  const { artifacts } = JSON.parse(stdout) as {
    artifacts: readonly { stage: string; name: string; location: string }[];
  };
  const found = artifacts.find((candidate) => `${candidate.stage}/${candidate.name}` === name);
  if (found === undefined) throw new Error(`${of} has no artifact ${name}: ${stdout}`);
  return found.location;
}

function metrics(object: RunObject, stage: string): Readonly<Record<string, number>> {
  return object.status.stages.find((candidate) => candidate.name === stage)?.result?.metrics ?? {};
}

test('every stage ran and the tuned model is better on what was held out', () => {
  expect(phases(first)).toEqual({ datagen: 'Succeeded', train: 'Succeeded', eval: 'Succeeded', publish: 'Succeeded' });
  const { base_heldout_loss: base, tuned_heldout_loss: tuned } = metrics(first, 'eval');
  expect(tuned).toBeGreaterThan(0);
  expect(tuned).toBeLessThan(base ?? 0);
});

test('its report has the scores, the curves and the data of the run, and a browser shows it', async ({ skip }) => {
  const { stdout, stderr, exitCode } = await person.type('report', 'first');
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: 'first-report.html\n', stderr: '', exitCode: 0 });
  const page = readFileSync(join(person.project, 'first-report.html'), 'utf8');
  for (const id of ['scores', 'time', 'curves', 'data', 'gates', 'values', 'lineage'])
    expect(page).toContain(`id="${id}"`);
  expect(page).not.toContain('Not in this report');

  const { runs } = JSON.parse((await person.type('report', 'first', '-o', 'json')).stdout) as ReportData;
  const { scores, series, data } = runs[0] ?? { scores: [], series: [], data: [] };
  const loss = scores[0]?.measures[0];
  expect(loss?.base?.value).toBeCloseTo(metrics(first, 'eval')['base_heldout_loss'] ?? 0);
  expect(loss?.leaves.map(({ leaf }) => leaf).toSorted()).toEqual(data[0]?.leaves.map(({ leaf }) => leaf).toSorted());
  expect(series.find(({ metric }) => metric === 'loss')?.points.length).toBeGreaterThan(5);

  if (NO_BROWSER !== undefined) skip(NO_BROWSER);
  const seen = await open(join(person.project, 'first-report.html'));
  expect(seen).toMatchObject({ requests: [], complaints: [] });
  expect((await seen.page.locator('svg[role=img]').all()).length).toBeGreaterThan(4);
  await leavePicture(seen.page, 'instructlab-local');
});

/** Of `report -o json`, as far as it is looked at here. */
interface ReportData {
  readonly runs: readonly {
    readonly scores: readonly {
      readonly measures: readonly {
        readonly base?: { readonly value: number };
        readonly leaves: readonly { readonly leaf: string }[];
      }[];
    }[];
    readonly series: readonly { readonly metric: string; readonly points: readonly unknown[] }[];
    readonly data: readonly { readonly leaves: readonly { readonly leaf: string }[] }[];
  }[];
}

test('the ChangeLog names every leaf of the taxonomy', async () => {
  const text = readPublished(await artifact('first', 'publish/registry'), 'CHANGELOG.md');
  const taxonomy = join(CLONE, 'examples/taxonomy');
  const leaves = readdirSync(taxonomy, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('/qna.yaml'),
  );
  expect(leaves.length).toBeGreaterThan(3);
  for (const leaf of leaves) expect(text).toContain(leaf.replace('/qna.yaml', ''));
});

test('the model is a folder that mlx-lm and transformers load', async () => {
  const model = await artifact('first', 'eval/model');
  const python = pythonOfTrain();
  const program = [
    'import sys, mlx_lm, transformers',
    'model, tokenizer = mlx_lm.load(sys.argv[1])',
    'tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])',
    'config = transformers.AutoConfig.from_pretrained(sys.argv[1])',
    'text = tokenizer.apply_chat_template([{"role": "user", "content": "hello"}], tokenize=False, add_generation_prompt=True)',
    'print(config.model_type, "hello" in text)',
  ].join('\n');
  const { stdout } = await execa(python, ['-c', program, model], { env: { HF_HUB_OFFLINE: '1' } });
  expect(stdout.trim().split('\n').at(-1)).toBe('llama True');
});

/** A file of the newest entry below a registry folder. */
function readPublished(registry: string, file: string): string {
  const found = readdirSync(registry, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith(file));
  return readFileSync(join(registry, found ?? file), 'utf8');
}

/** The interpreter of an environment that this run installed. */
function pythonOfTrain(): string {
  const envs = join(person.stateDir, 'envs');
  const names = readdirSync(envs).map((name) => join(envs, name));
  const found = names.find((name) => existsSync(join(name, 'bin/python')) && hasMlx(name));
  if (found === undefined) throw new Error(`no environment with mlx in ${names.join(', ')}`);
  return join(found, 'bin/python');
}

function hasMlx(environment: string): boolean {
  const lib = join(environment, 'lib');
  if (!existsSync(lib)) return false;
  return readdirSync(lib).some((version) => existsSync(join(lib, version, 'site-packages/mlx_lm')));
}

describe('what follows', () => {
  test('the same again reuses every stage', async () => {
    expect((await run('--name', 'second')).exitCode).toBe(0);
    expect(Object.values(phases(await person.status('second')))).toEqual(['Reused', 'Reused', 'Reused', 'Reused']);
  });

  test('one epoch at far too high a rate: the plan says what runs', async () => {
    const { stdout } = await person.type('plan', 'instructlab', '--project', CLONE, ...WORSE, '-o', 'json');
    const { stages } = JSON.parse(stdout) as {
      stages: readonly {
        readonly name: string;
        readonly verdict: { readonly kind: string; readonly reasons?: readonly string[] };
        readonly tookBefore?: { readonly runs: readonly string[] };
      }[];
    };
    expect(stages.map(({ verdict }) => verdict.kind)).toEqual(['reuse', 'run', 'later', 'run']);
    expect(stages[1]?.verdict.reasons?.join()).toMatch(/epochs changed 2 -> 1/);
    expect(stages.map(({ tookBefore }) => tookBefore?.runs)).toEqual([undefined, ['first'], ['first'], ['first']]);
  });

  test('kill -9 of supervisor, training and program: resume goes on from its state, and publishes no worse model', async () => {
    const driver = person.start(['run', 'instructlab', '--project', CLONE, '--name', 'worse', ...WORSE, '-o', 'json']);
    await untilTold(driver, /\(knowledge\) epoch 1 step/);
    const { process: supervisor } = JSON.parse(
      readFileSync(join(attempt('worse', 1), 'supervisor.1.json'), 'utf8'),
    ) as { process: { pid: number } };
    process.kill(supervisor.pid, 'SIGKILL');
    // The program sees to it that another one goes on with the same attempt.
    await untilTold(driver, /\(skills\) epoch 1 step (1[5-9]|2\d)/);
    const [line = ''] = readFileSync(join(attempt('worse', 1), 'runtime/main.0.pid'), 'utf8').split('\n');
    process.kill(Number(line.split(' ')[1]), 'SIGKILL');
    const failed = await driver;
    expect(failed.exitCode).toBe(3);
    expect(parseEvents(failed.stdout).at(-1)).toMatchObject({
      type: 'run-ended',
      phase: 'Failed',
      exitCode: 3,
      message: expect.stringMatching(/^train failed: it was ended by SIGKILL/),
    });
    expect((await person.status('worse')).status.stages[1]?.attempts).toHaveLength(1);

    const again = person.start(['resume', 'worse', '-o', 'json']);
    await untilTold(again, /\(skills\) epoch 1 step/);
    again.kill('SIGKILL');
    await again;
    const ended = await person.type('resume', '@latest');
    expect(ended, ended.stderr).toMatchObject({ exitCode: 4, stdout: 'run/worse\n' });
    const worse = await person.status('worse');
    expect(phases(worse)).toEqual({ datagen: 'Reused', train: 'Succeeded', eval: 'Succeeded', publish: 'Refused' });
    expect(worse.status.stages[1]?.attempts.map(({ outcome }) => outcome?.kind)).toEqual(['failed', 'succeeded']);
    await expectWholeLogs('worse');

    expect(ended.stderr).toMatch(/gate lower-heldout-loss refused publish: /);
    const { base_heldout_loss: base = 0, tuned_heldout_loss: tuned = 0 } = metrics(worse, 'eval');
    expect(tuned).toBeGreaterThanOrEqual(base);
    expect(ended.stderr).toMatch(/tuned_heldout_loss is [\d.]+, base_heldout_loss is [\d.]+/);
  });

  test('strangers name leaves and authors: the tuned model, tuned on, is published without a mention or a tag', async () => {
    const taxonomy = join(person.folder, 'strangers');
    const author = '@everyone <img src=x onerror=alert(1)> [x](javascript:1)';
    writeLeaf(taxonomy, 'compositional_skills/@here <b>x</b>', skill('the almanac', { author }));
    const given = { taxonomy, model: await artifact('first', 'eval/model'), 'train.learningRate': '0.003' };
    const set = Object.entries(given).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const ended = await run('--name', 'strangers', '--set', 'train.epochs=1', '--set', 'publish.gate=none', ...set);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    for (const file of ['CHANGELOG.md', 'README.md']) {
      const text = readPublished(await artifact('strangers', 'publish/registry'), file).replace(/`[^`\n]*`/g, '');
      expect(text).not.toMatch(/<(img|b)\b|@(everyone|here)\b|\]\(javascript:/);
      expect(text).not.toContain(person.folder);
    }
  });
});

describe('published to a hub and told to a code host', () => {
  const HF_REPO = 'ada/workshop';
  const CANARIES = { HF_TOKEN: 'hf_canaryThatNobodyMayEverSee', GITHUB_TOKEN: 'ghp_canaryThatNobodyMayEverSee' };

  test('once, by the same chain; a worse model sends nothing; no token is anywhere', async () => {
    const folder = join(person.folder, 'hub');
    const hub = await startHub({ folder, tokens: { [CANARIES.HF_TOKEN]: { user: 'ada', role: 'write' } } });
    const host = new GitHubServer({ token: CANARIES.GITHUB_TOKEN });
    await host.listen();
    onTestFinished(async () => void (await Promise.all([hub.close(), host.close()])));
    const code = host.state.addRepository('acme/taxonomy');
    const commits = code.commits.size;
    const seen = new Set<string>();
    host.onServed = () => {
      for (const line of commandLines()) seen.add(line);
    };
    Object.assign(person.env, CANARIES);
    const set = Object.entries({
      'hub.endpoint': hub.endpoint,
      ...{ 'publish.huggingFace.repo': HF_REPO, 'publish.huggingFace.token': 'env:HF_TOKEN' },
      ...{ 'publish.github.repo': 'acme/taxonomy', 'publish.github.token': 'env:GITHUB_TOKEN' },
      ...{ 'publish.github.endpoint': host.url, 'publish.github.changelog.by': 'commit' },
    }).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

    expect((await run('--name', 'worse-there', ...WORSE, ...set)).exitCode).toBe(4);
    // Where its figures are known before, nobody is even asked what the token may do.
    expect(hub.asked.filter((line) => line !== 'GET /api/whoami-v2')).toEqual([]);
    expect([code.commits.size, code.pulls.size, code.comments, code.releases]).toEqual([commits, 0, [], []]);
    hub.asked.length = 0;
    host.requests.length = 0;

    const looked = await run('--name', 'looked', ...set, '--set', 'publish.dryRun=true');
    expect(looked.exitCode, looked.stderr).toBe(0);
    expect((await person.type('logs', 'looked', 'publish')).stdout).toContain(
      `create the private model repository ${HF_REPO}`,
    );
    // Typed once more it looks once more, and says what it would do.
    hub.asked.length = 0;
    const again = await person.type('publish', '--project', CLONE, '--dry-run', '--name', 'looked-again', ...set);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stdout).toMatch(/^run\/looked-again\n/);
    expect(again.stdout).toContain(`create the private model repository ${HF_REPO}`);
    expect(again.stdout).not.toContain('ilab-progress');
    expect(hub.asked).not.toEqual([]);
    expect([hub.asked, host.requests.map(({ method }) => method)].flat().every((line) => line.startsWith('GET'))).toBe(
      true,
    );

    hub.asked.length = 0;
    const told = await person.events('run', 'instructlab', '--project', CLONE, '--name', 'told', ...set);
    expect(told.exitCode, told.stderr).toBe(0);
    // Before it started, what the tokens may do was asked.
    expect(hub.asked[0]).toBe('GET /api/whoami-v2');
    expect(phases(await person.status('told'))).toMatchObject({
      train: 'Reused',
      eval: 'Reused',
      publish: 'Succeeded',
    });
    expect([...(hub.state.repositories.get(HF_REPO)?.tags.keys() ?? [])]).toEqual(['told']);
    expect(code.file('main', 'CHANGELOG.md')).toContain('## told\n');
    const model = hub.state.repositories.get(HF_REPO);
    const statement = model?.commits.get(model.tags.get('told') ?? '')?.files.get('provenance.intoto.json');
    expect(statement?.kind === 'regular' ? String(statement.bytes) : '').toMatch(
      /"name": "image-train",\s*"digest": \{\s*"sha256": "[0-9a-f]{64}"/,
    );
    const verified = await person.start(['verify', `hf:${HF_REPO}@told`], { HF_ENDPOINT: hub.endpoint });
    expect(verified.exitCode, verified.stderr).toBe(0);
    const written = hub.asked.length;
    expect((await run('--name', 'again', ...set)).exitCode).toBe(0);
    expect(hub.asked).toHaveLength(written);

    expect([...seen].some((line) => line.includes('publication.js'))).toBe(true);
    const state = readdirSync(person.stateDir, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.startsWith('envs/'))
      .map((name) => join(person.stateDir, name))
      .filter((name) => lstatSync(name).isFile())
      .map((name) => readFileSync(name, 'latin1'));
    expect(state.length).toBeGreaterThan(100);
    const logs = await person.type('logs', 'told', 'publish');
    for (const text of [...seen, ...state, JSON.stringify(told), logs.stdout, looked.stderr]) {
      for (const canary of Object.values(CANARIES)) expect(text.includes(canary)).toBe(false);
    }
    expect(host.violations).toEqual([]);
  });
});

/** Of every process that can be seen. */
function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`, 'utf8')];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}

function attempt(of: string, number: number): string {
  return join(person.stateDir, 'attempts', of, 'train', String(number));
}

/** Waits until the program has told such progress; fails when it ends before. */
function untilTold(program: ReturnType<Person['start']>, line: RegExp): Promise<void> {
  let told = '';
  return new Promise((resolved, rejected) => {
    const look = (chunk: Buffer): void => {
      told += chunk.toString();
      if (line.test(told)) resolved();
    };
    program.stdout.on('data', look);
    program.stdout.on('end', () => rejected(new Error(`the program ended before it told ${line}: ${told}`)));
  });
}

/**
 * Training tells every fifth step of each phase, and the last: each once, in order. The first attempt up to its kill, in the
 * second phase, and the second one from its saved state on.
 */
async function expectWholeLogs(of: string): Promise<void> {
  const logs = ['1', '2'].map((number) => person.type('logs', of, 'train', '--attempt', number));
  const [killed = '', resumed = ''] = (await Promise.all(logs)).map(({ stdout }) => stdout);
  const from = /phase 2 \(skills\) goes on after step (\d+) of \d+, from its saved state/.exec(resumed)?.[1];
  expect(Number(from), resumed).toBeGreaterThan(0);
  const knowledge = told(killed, 'knowledge');
  expect(knowledge.steps).toEqual(everyFifth(knowledge.total));
  const [before, after] = [told(killed, 'skills'), told(resumed, 'skills')];
  expect(before.steps.length).toBeGreaterThan(1);
  expect(before.steps).toEqual(everyFifth(before.total).slice(0, before.steps.length));
  expect(after.steps).toEqual(everyFifth(after.total).filter((step) => step > Number(from)));
  expect(resumed).not.toContain('(knowledge) epoch');
}

/** The steps that the log of a training tells of a phase, and how many the phase has. */
function told(log: string, phase: string): { readonly steps: readonly number[]; readonly total: number } {
  const lines = [...log.matchAll(/\((\w+)\) epoch \d+ step (\d+)\/(\d+)/g)].filter(([, of]) => of === phase);
  return { steps: lines.map(([, , step]) => Number(step)), total: Number(lines[0]?.[3]) };
}

function everyFifth(total: number): readonly number[] {
  expect(total).toBeGreaterThan(5);
  return Array.from({ length: Math.ceil(total / 5) }, (_, index) => Math.min(5 * (index + 1), total));
}
