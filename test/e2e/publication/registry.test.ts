import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { EVIL, leafJson, outsideCode } from '../../domain/publication/example.ts';
import { StageRun } from './stage-run.ts';

/* The stage as a program, into a folder: what is there, what is refused, what a second try does. */

let stage: StageRun;
beforeEach(() => {
  stage = new StageRun();
  onTestFinished(() => stage.leave());
});

const set = (what: Record<string, unknown>, change: Record<string, unknown>): void => void Object.assign(what, change);
const HOME = 'registry/workshop-tiny/weekly-47';

async function succeed(): Promise<string> {
  const { exitCode, stdout, stderr } = await stage.run();
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

function contentsBelow(folder: string): Record<string, string> {
  return Object.fromEntries(filesBelow(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

test('the folder holds model, card, ChangeLog, statement and reports, and so does the registry', async () => {
  await succeed();
  for (const folder of [`artifacts/${HOME}`, HOME]) {
    expect(filesBelow(join(stage.folder, folder))).toEqual([
      ...['CHANGELOG.md', 'README.md', 'config.json', 'manifest.json', 'model.safetensors', 'original/extra.txt'],
      ...['provenance.intoto.json', 'scores.json'],
    ]);
  }
  const { artifacts, metrics, chosen } = stage.result();
  expect(artifacts.map(({ name, path }) => [name, path])).toEqual([
    ['registry', 'registry'],
    ['publication', 'publication.json'],
  ]);
  expect(metrics).toMatchObject({ published: 1, leaves: 2, pending: 0 });
  expect(chosen).toBe('phase2/epoch-2');
  expect(JSON.parse(stage.read('termination-log'))).toEqual(stage.result());
  expect(stage.read(`${HOME}/README.md`)).toMatch(/\| digest of model \| `sha256:[0-9a-f]{64}` \|/);
});

test('runs stand in the ChangeLog of the model, the newest first', async () => {
  await succeed();
  stage.params['run'] = 'weekly-48';
  await succeed();
  const text = stage.read('registry/workshop-tiny/CHANGELOG.md');
  expect(text.match(/^#.*$/gm)).toEqual(['# Changelog', '## weekly-48', '## weekly-47']);
});

test('a second try changes nothing, and another result is refused', async () => {
  expect(await succeed()).toContain('added: ');
  const before = contentsBelow(stage.registry);
  expect(await succeed()).toContain('there already: ');
  expect(contentsBelow(stage.registry)).toEqual(before);
  stage.write('model/model.safetensors', 'other weights');
  const { exitCode, stderr } = await stage.run();
  expect(exitCode, stderr).toBe(64);
  expect(stderr).toContain('is there already with other files: a run is published once');
  expect(contentsBelow(stage.registry)).toEqual(before);
  expect(existsSync(join(stage.folder, 'artifacts/result.json'))).toBe(false);
});

test('what a killed try left is made good', async () => {
  const partial = join(stage.registry, 'workshop-tiny/.weekly-47.partial');
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'half'), 'x');
  await succeed();
  expect(existsSync(partial)).toBe(false);
  expect(existsSync(join(stage.folder, HOME, 'half'))).toBe(false);
  // Killed after the folder was there, before the ChangeLog was told.
  rmSync(join(stage.registry, 'workshop-tiny/CHANGELOG.md'));
  await succeed();
  expect(stage.read('registry/workshop-tiny/CHANGELOG.md')).toContain('## weekly-47');
});

test('two runs at a time both stand in the ChangeLog', async () => {
  const other = new StageRun();
  onTestFinished(() => other.leave());
  other.params = { ...other.params, registry: stage.registry, run: 'weekly-48' };
  const ended = await Promise.all([stage.run(), other.run()]);
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const text = stage.read('registry/workshop-tiny/CHANGELOG.md');
  expect([...text.matchAll(/^## (.*)$/gm)].map(([, name]) => name).sort()).toEqual(['weekly-47', 'weekly-48']);
});

test('without a registry the folder is an artifact only', async () => {
  delete stage.params['registry'];
  expect(await succeed()).toContain('Kept with the run: no repository and no registry folder is named');
  expect(readdirSync(stage.registry)).toEqual([]);
  expect(stage.result().metrics['published']).toBe(0);
  stage.params['dryRun'] = true;
  expect(await succeed()).toMatch(/^Dry run: nothing would be published: no repository /m);
});

test('a dry run says what would be added, and adds nothing', async () => {
  stage.params['dryRun'] = true;
  const said = await succeed();
  expect(said).toContain(`Registry folder: ${join(stage.folder, HOME)} would be added`);
  expect(said).toContain('  +## weekly-47\n');
  expect(said).toContain('"Dry run: nothing was published; 1 step to do, as its log says"');
  expect(readdirSync(stage.registry)).toEqual([]);
  expect(stage.result().metrics['published']).toBe(0);
});

test('names of strangers stay text in every file and in the log', async () => {
  stage.manifest['leaves'] = [leafJson(`compositional_skills/${EVIL}`, EVIL)];
  stage.manifest['taxonomy'] = { commit: EVIL };
  stage.params['dryRun'] = true;
  const said = await succeed();
  for (const hidden of ['\u202e', '\u001b']) expect(said).not.toContain(hidden);
  for (const name of ['README.md', 'CHANGELOG.md']) {
    const text = stage.read(`artifacts/${HOME}/${name}`);
    expect(outsideCode(text.replace(/^---\n[\s\S]*?\n---\n/, ''))).not.toMatch(
      /<script>|javascript|!\[i\]|#1|everyone/,
    );
  }
});

describe('bad input is said in one sentence', () => {
  test.each<[string, (stage: StageRun) => void]>([
    ['parameter run is "../x": letters, digits', (s) => set(s.params, { run: '../x' })],
    ['parameter modelName is "a/b": letters, digits', (s) => set(s.params, { modelName: 'a/b' })],
    ['parameter registry: relative is no absolute path', (s) => set(s.params, { registry: 'relative' })],
    ['parameter registry: there is no folder /nowhere', (s) => set(s.params, { registry: '/nowhere' })],
    ['parameter huggingFace.repo is "x": it must be owner/name', (s) => set(s.params, { huggingFace: { repo: 'x' } })],
    ['there is no token in HF_TOKEN: name the Secret', (s) => set(s.params, { huggingFace: { repo: 'a/b' } })],
    ['there is no token in GITHUB_TOKEN: name the Secret', (s) => set(s.params, { github: { repo: 'a/b' } })],
    [
      'parameter github.changelog.path is "../x": it is no path',
      (s) => set(s.params, { github: { repo: 'a/b', changelog: { path: '../x' } } }),
    ],
    ['has no candidate of the name it chose', (s) => set(s.scores, { chosen: 'nobody' })],
    ['input scores is no report of scores', (s) => set(s.scores, { base: undefined })],
    ['this program reads version 1', (s) => set(s.manifest, { version: 2 })],
    ['input manifest is no manifest of data', (s) => set(s.manifest, { leaves: undefined })],
    ['input model is no model folder', (s) => rmSync(join(s.model, 'config.json'))],
    ['input model is refused: "link" is a link', (s) => symlinkSync('/etc/hostname', join(s.model, 'link'))],
    [
      'input model is not what its producer made: ',
      (s) => s.write('model.listing', `${'a'.repeat(64)}  2  config.json\n`),
    ],
    ['input model is missing', (s) => rmSync(s.model, { recursive: true })],
  ])('%s', async (message, change) => {
    change(stage);
    const { exitCode, stderr } = await stage.run();
    expect(exitCode, stderr).toBe(64);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: .*$/);
    expect(stage.read('termination-log')).toContain(message);
    expect(readdirSync(stage.registry)).toEqual([]);
  });
});
