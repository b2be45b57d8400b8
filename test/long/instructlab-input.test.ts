import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { expectFault, expectNoTrace } from '../e2e/faults.ts';
import { type Ended, Person } from '../e2e/program.ts';
import { git, knowledge, skill, writeLeaf } from '../e2e/taxonomies.ts';

/*
 * What people give to datagen: good taxonomies of every kind, and bad ones. Only its own packages are installed, once
 * for this file.
 */
const CLONE = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(CLONE, 'examples');
const PUBLIC = resolve(CLONE, '../shared/data');

const person = new Person();
afterAll(() => person.leave());

let places = 0;
function emptyFolder(): string {
  places += 1;
  const folder = join(person.folder, `taxonomy-${places}`);
  mkdirSync(folder);
  return folder;
}

/** The arguments of a run of datagen alone on `taxonomy`. */
function datagen(taxonomy: string, name: string, ...more: readonly string[]): readonly string[] {
  const set = ['--set', `taxonomy=${taxonomy}`, '--set', 'model=tiny'];
  return ['run', 'instructlab', '--until', 'datagen', '--name', name, ...set, ...more];
}

interface Manifest {
  readonly taxonomy: { readonly base: string | null; readonly changedOnly: boolean };
  readonly leaves: readonly {
    readonly path: string;
    readonly trainRows: { readonly knowledge: number; readonly skills: number };
    readonly heldOut: number;
  }[];
  readonly totals: Readonly<Record<string, number>>;
}

async function manifest(run: string): Promise<Manifest> {
  const { stdout } = await person.type('artifacts', run, '-o', 'json');
  const { artifacts } = JSON.parse(stdout) as { artifacts: readonly { name: string; location: string }[] };
  const found = artifacts.find(({ name }) => name === 'manifest');
  return JSON.parse(readFileSync(found?.location ?? '', 'utf8')) as Manifest;
}

test('without a taxonomy: the line to add', async () => {
  const ended = await person.type('run', 'instructlab', '--set', 'model=tiny');
  expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
  expect(ended.stderr).toMatch(/taxonomy: The taxonomy[\s\S]+ilab-backend\.yaml[\s\S]+\n {6}taxonomy: \.\/taxonomy\n/);
  expectNoTrace(ended);
});

test('settings that would not count: a project says them where its other pipelines are', async () => {
  const project = join(person.folder, 'misplaced');
  mkdirSync(project);
  const file = ['apiVersion: ilab-backend.dev/v1alpha1', 'kind: Project', 'pipelines:', '  instructlab: {}', ''];
  writeFileSync(join(project, 'ilab-backend.yaml'), file.join('\n'));
  const ended = await person.type('plan', '--project', project);
  expectFault(
    ended,
    2,
    /ilab-backend\.yaml:4:3: `instructlab` is this project's own pipeline: its values stand at the top level/,
  );
});

test('an index that does not answer: nothing half-made stays, and the next try works', async () => {
  const closed = 'http://127.0.0.1:9/simple';
  const pip = { PIP_INDEX_URL: closed, PIP_RETRIES: '0', PIP_CONFIG_FILE: '/dev/null', PIP_NO_CACHE_DIR: '1' };
  const uv = { UV_DEFAULT_INDEX: closed, UV_INDEX_URL: closed, UV_NO_CACHE: '1', UV_HTTP_RETRIES: '0' };
  const documents = ['--set', `documents=${EXAMPLES}/documents`];
  const ended = await person.start(datagen(`${EXAMPLES}/taxonomy`, 'offline', ...documents), { ...pip, ...uv });
  expect(ended.exitCode, ended.stderr).toBe(5);
  expect(ended.stderr).toMatch(/ilab-backend: the packages of stages\/datagen\/seed cannot be installed:\n {2}\| /);
  expect(ended.stderr).toMatch(/nothing half-made was kept\n {2}then go on: `ilab-backend resume offline`\n/);
  expectNoTrace(ended as Ended);
  expect(readdirSync(join(person.stateDir, 'envs')).filter((name) => !name.startsWith('image-'))).toEqual([]);
  const again = await person.type('resume', 'offline');
  expect(again, again.stderr).toMatchObject({ exitCode: 0, stdout: 'run/offline\n' });
});

test.each([
  ['a folder that is not there', () => './nowhere', /taxonomy: there is no folder \S+\/nowhere/],
  ['an empty folder', emptyFolder, /taxonomy: \S+ is empty/],
  ['a file', () => join(CLONE, 'README.md'), /taxonomy: \S+README\.md is no folder/],
])('a taxonomy that is %s', async (_, taxonomy, message) => {
  expectFault(await person.type(...datagen(taxonomy(), 'never')), 2, message);
  expect((await person.type('status', 'never')).exitCode, 'nothing was recorded').toBe(7);
});

test('a folder without a leaf', async () => {
  const taxonomy = emptyFolder();
  writeFileSync(join(taxonomy, 'README.md'), 'leaves follow');
  const ended = await person.type(...datagen(taxonomy, 'no-leaf'));
  expect(ended).toMatchObject({ exitCode: 3, stdout: 'run/no-leaf\n' });
  expect(ended.stderr).toMatch(/the taxonomy has no leaf \(no qna\.yaml below compositional_skills/);
  expectNoTrace(ended);
});

test('broken leaves among good ones: every fault with its file and line', async () => {
  const taxonomy = emptyFolder();
  cpSync(join(EXAMPLES, 'taxonomy'), taxonomy, { recursive: true });
  const misspelt = 'compositional_skills/arithmetic/gear_ratio';
  const text = readFileSync(join(taxonomy, misspelt, 'qna.yaml'), 'utf8');
  writeLeaf(taxonomy, misspelt, text.replace('question:', 'qestion:'));
  writeLeaf(taxonomy, 'compositional_skills/torn', 'version: 3\ntask_description: [\n');
  const ended = await person.type(...datagen(taxonomy, 'broken', '--set', `documents=${EXAMPLES}/documents`));
  expect(ended).toMatchObject({ exitCode: 3, stdout: 'run/broken\n' });
  for (const said of [ended.stderr, (await person.type('logs', 'broken', 'datagen')).stdout]) {
    expect(said).toMatch(/gear_ratio\/qna\.yaml:\d+: seed_examples\[0\]: 'question' is a required property/);
    expect(said).toMatch(/compositional_skills\/torn\/qna\.yaml:\d+: is no valid YAML/);
    expect(said).toMatch(/the taxonomy has \d+ faults in 2 files; the first: /);
  }
  expect(ended.stderr).not.toContain('ilab-progress');
  expect(ended.stderr).toMatch(/next: ilab-backend logs broken datagen\n/);
  expectNoTrace(ended);
});

test('strangers: links, options, local paths and patterns lead nowhere', async () => {
  const linked = emptyFolder();
  writeLeaf(linked, 'compositional_skills/good', skill('the almanac'));
  symlinkSync('/etc', join(linked, 'compositional_skills/out'));
  expectFault(await person.type(...datagen(linked, 'linked')), 2, /compositional_skills\/out" in \S+ is a link/);

  const taxonomy = emptyFolder();
  const tricks = {
    option: knowledge({ repo: '--upload-pack=touch owned' }),
    local: knowledge({ repo: '/etc' }),
    file: knowledge({ repo: 'file:///etc/x' }),
    inner: knowledge({ repo: 'https://127.0.0.1/x/handbook' }),
    pattern: knowledge({ pattern: '../../../../etc/passwd' }),
  };
  for (const [name, text] of Object.entries(tricks)) writeLeaf(taxonomy, `knowledge/${name}`, text);
  const ended = await person.type(...datagen(taxonomy, 'strangers'));
  expect(ended.exitCode, ended.stderr).toBe(3);
  const { stdout: log } = await person.type('logs', 'strangers', 'datagen');
  for (const name of ['option', 'local', 'file'])
    expect(log).toMatch(new RegExp(`knowledge/${name}/qna\\.yaml:?\\d*: .*only https:// and ssh:// addresses are`));
  expect(log).toMatch(/knowledge\/inner\/qna\.yaml:?\d*: .*the hosts that are: github\.com/);
  expect(log).toMatch(/knowledge\/pattern\/qna\.yaml:?\d*: .*leaves the repository/);
  expect(log).not.toContain('root:');
  expectNoTrace(ended);
});

test('only the leaves that changed since a commit', async () => {
  const taxonomy = emptyFolder();
  for (const name of ['old', 'new']) writeLeaf(taxonomy, `compositional_skills/${name}`, skill(`the ${name} almanac`));
  git(taxonomy, 'init', '-q', '-b', 'main');
  git(taxonomy, 'add', '.');
  git(taxonomy, 'commit', '-q', '-m', 'Begin');
  const base = git(taxonomy, 'rev-parse', 'HEAD');
  writeLeaf(taxonomy, 'compositional_skills/new', skill('the newest almanac'));
  git(taxonomy, 'commit', '-q', '-a', '-m', 'Go on');

  const ended = await person.type(...datagen(taxonomy, 'changed', '--set', `taxonomyBase=${base}`));
  expect(ended.exitCode, ended.stderr).toBe(0);
  const made = await manifest('changed');
  expect(made.taxonomy).toMatchObject({ base, changedOnly: true });
  expect(made.leaves.map(({ path }) => path)).toEqual(['compositional_skills/new']);

  const none = await person.type(...datagen(taxonomy, 'unchanged', '--set', 'taxonomyBase=HEAD'));
  expect(none.exitCode).toBe(3);
  expect(none.stderr).toMatch(/has no leaf that changed since/);
  const wrong = await person.type(...datagen(taxonomy, 'no-base', '--set', 'taxonomyBase=no-such-branch'));
  expectFault(wrong, 2, /no-such-branch/);
});

test('the pull requests of a week: merged and recorded, or named before anything is submitted', async () => {
  const taxonomy = emptyFolder();
  writeLeaf(taxonomy, 'compositional_skills/old', skill('the old almanac'));
  git(taxonomy, 'init', '-q', '-b', 'main');
  const commit = () => {
    git(taxonomy, 'add', '.');
    git(taxonomy, 'commit', '-q', '-m', 'x');
  };
  commit();
  const pull = (number: number, almanac: string) => {
    git(taxonomy, 'checkout', '-q', '--detach', 'main');
    writeLeaf(taxonomy, 'compositional_skills/new', skill(almanac));
    commit();
    git(taxonomy, 'update-ref', `refs/pull/${number}/head`, 'HEAD');
    git(taxonomy, 'checkout', '-q', 'main');
  };
  pull(123, 'the new almanac');
  pull(145, 'another almanac');

  const both = await person.type(...datagen(taxonomy, 'both', '--set', 'taxonomyPulls=[123, 145]'));
  expectFault(both, 2, /pull request 145 conflicts in compositional_skills\/new\/qna\.yaml, which pull request 123 /);
  expect((await person.type('status', 'both')).exitCode, 'nothing was recorded').toBe(7);

  const since = ['--set', 'taxonomyBase=main'];
  const ended = await person.type(...datagen(taxonomy, 'one', '--set', 'taxonomyPulls=[123]', ...since));
  expect(ended.exitCode, ended.stderr).toBe(0);
  const made = await manifest('one');
  expect(made.leaves.map(({ path }) => path)).toEqual(['compositional_skills/new']);
  expect(made.taxonomy).toMatchObject({
    onto: git(taxonomy, 'rev-parse', 'main'),
    pulls: [{ number: 123, leaves: ['compositional_skills/new'] }],
  });
});

test('the public taxonomy: nine leaves, with and without a version, all of them used', async ({ skip }) => {
  if (!existsSync(PUBLIC)) skip('needs ../shared/data');
  const project = join(person.folder, 'public');
  mkdirSync(project);
  const params = [`  taxonomy: ${PUBLIC}/taxonomy`, `  documents: ${PUBLIC}/documents`, '  model: tiny'];
  const file = ['apiVersion: ilab-backend.dev/v1alpha1', 'kind: Project', 'params:', ...params, ''].join('\n');
  writeFileSync(join(project, 'ilab-backend.yaml'), file);
  const ended = await person.type('run', '--project', project, '--until', 'datagen', '--name', 'public');
  expect(ended.exitCode, ended.stderr).toBe(0);
  const { leaves } = await manifest('public');
  expect(leaves).toHaveLength(9);
  for (const { path, trainRows, heldOut } of leaves) {
    expect(trainRows.knowledge + trainRows.skills, path).toBeGreaterThan(0);
    expect(heldOut, path).toBeGreaterThan(0);
  }
  expect(leaves.filter(({ trainRows }) => trainRows.knowledge > 0).map(({ path }) => path)).toEqual([
    'knowledge/science/animals/birds/black_capped_chickadee',
  ]);
});

test('a teacher adds rows; the key that the stage got is shown nowhere', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.authorization ?? ''}`);
    const rows = [1, 2, 3].map((n) => ({ question: `Ask ${asked.length}.${n}?`, answer: `Say ${asked.length}.${n}.` }));
    const choices = [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: JSON.stringify(rows) } },
    ];
    response.setHeader('content-type', 'application/json');
    const models = { object: 'list', data: [{ id: 'scripted' }] };
    response.end(JSON.stringify(request.method === 'GET' ? models : { choices }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const taxonomy = emptyFolder();
    writeLeaf(taxonomy, 'compositional_skills/almanac', skill('the almanac'));
    const project = join(person.folder, 'taught');
    mkdirSync(project);
    const { port } = server.address() as AddressInfo;
    const file = [
      'apiVersion: ilab-backend.dev/v1alpha1',
      'kind: Project',
      'params:',
      `  taxonomy: ${taxonomy}`,
      '  model: tiny',
      '  teacher:',
      `    url: http://127.0.0.1:${port}/v1`,
      '    model: scripted',
      '    apiKey: { name: env, key: TEACHER_KEY }',
      '    rowsPerLeaf: 6',
      '    rowsPerPrompt: 3',
      'stages: { datagen: { engine: teacher } }',
      '',
    ];
    writeFileSync(join(project, 'ilab-backend.yaml'), file.join('\n'));
    const key = 'not-to-be-seen-0123456789';
    const args = ['run', '--project', project, '--until', 'datagen', '--name', 'taught', '-o', 'json'];
    const { exitCode, stdout, stderr } = await person.start(args, { TEACHER_KEY: key });
    expect(exitCode, stderr + stdout).toBe(0);
    expect(asked.filter((line) => line === `POST Bearer ${key}`)).toHaveLength(2);
    const seen = await Promise.all(
      ['status', 'logs'].map(async (command) => (await person.type(command, 'taught')).stdout),
    );
    expect([stdout, stderr, ...seen].join('\n')).not.toContain(key);
    expect(readFileSync(join(person.stateDir, 'journal.db')).includes(key)).toBe(false);
    expect((await manifest('taught')).totals).toMatchObject({ teacher_rows: 6 });
  } finally {
    server.close();
  }
});

test('no Python: what to install, and the command that goes on', async () => {
  const bare = join(person.folder, 'bare-path');
  mkdirSync(bare);
  for (const tool of ['sh', 'uname', 'dirname', 'git']) {
    const path = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, tool));
    const found = path.find((candidate) => existsSync(candidate));
    if (found !== undefined) symlinkSync(found, join(bare, tool));
  }
  const other = new Person();
  try {
    const taxonomy = ['--set', `taxonomy=${EXAMPLES}/taxonomy`, '--set', 'model=tiny', '--name', 'bare'];
    const ended = await other.start(['run', 'instructlab', ...taxonomy], { PATH: bare });
    expect(ended.exitCode, ended.stderr).toBe(5);
    expect(ended.stderr).toMatch(/needs Python >= 3\.11: there is no python3 on the PATH\n {2}install Python/);
    expect(ended.stderr).toMatch(/\n {2}then go on: `ilab-backend resume bare`\n/);
    const told = await other.start(['resume', 'bare', '-o', 'json'], { PATH: bare });
    expect(JSON.parse(told.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'run-ended',
      exitCode: 5,
      next: 'ilab-backend resume bare',
    });
  } finally {
    other.leave();
  }
});
