import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Person } from '../program.ts';
import { openPlaces, REPO } from './places.ts';
import { StageRun } from './stage-run.ts';

/* `verify`: a folder and a hub, as published and spoilt. */

function newPerson(env: Record<string, string> = {}): Person {
  const person = new Person();
  onTestFinished(() => person.leave());
  Object.assign(person.env, env);
  return person;
}

test('a folder is as its statement says until somebody changes, adds or removes a file', async () => {
  const stage = new StageRun();
  onTestFinished(() => stage.leave());
  expect((await stage.run()).exitCode).toBe(0);
  const folder = join(stage.registry, 'workshop-tiny/weekly-47');
  const person = newPerson();
  const good = await person.type('verify', folder);
  expect(good).toMatchObject({ exitCode: 0, stdout: '', stderr: `${folder}: 7 files are as its statement says\n` });

  writeFileSync(join(folder, 'model.safetensors'), 'w'.repeat(700));
  writeFileSync(join(folder, 'evil.py'), 'x');
  mkdirSync(join(folder, '.cache/huggingface'), { recursive: true });
  writeFileSync(join(folder, '.cache/huggingface/lock'), '');
  rmSync(join(folder, 'original/extra.txt'));
  const spoilt = await person.type('verify', folder, '-o', 'json');
  expect(spoilt.exitCode).toBe(1);
  expect(JSON.parse(spoilt.stdout).differences.toSorted()).toEqual([
    ...['evil.py was added', 'model.safetensors has other contents', 'original/extra.txt is missing'],
  ]);
  expect((await person.type('verify', folder)).stdout).toContain('model.safetensors has other contents\n');
});

test('a hub: the revision that was published, and one that somebody wrote to since', async () => {
  const { hub, env } = await openPlaces([]);
  const stage = new StageRun();
  onTestFinished(() => stage.leave());
  stage.params = { ...stage.params, registry: null, huggingFace: { repo: REPO } };
  stage.env = env;
  expect((await stage.run()).exitCode).toBe(0);
  const person = newPerson({ HF_ENDPOINT: env['HF_ENDPOINT'] ?? '', HF_TOKEN: env['HF_TOKEN'] ?? '' });
  expect(await person.type('verify', `hf:${REPO}@weekly-47`)).toMatchObject({ exitCode: 0, stdout: '' });
  const nope = await person.type('verify', `hf:${REPO}@nope`);
  expect(nope).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`/${REPO}/commits/main\n`) });
  const commit = [...(hub.state.repositories.get(REPO)?.commits.values() ?? [])].at(-1);
  const files = commit?.files as Map<string, unknown> | undefined;
  files?.set('config.json', { kind: 'regular', bytes: Buffer.from('[]') });
  expect(await person.type('verify', `hf:${REPO}`)).toMatchObject({
    ...{ exitCode: 1, stdout: 'config.json has other contents\n' },
  });
});

test('what is no published model is said, with what to name', async () => {
  const person = newPerson();
  for (const [location, exitCode, message] of [
    ['nowhere', 7, /nowhere is no folder/],
    ['.', 2, /\. has no provenance\.intoto\.json/],
    ['hf:x', 2, /hf:x is no model of a hub/],
  ] as const) {
    const ended = await person.type('verify', location);
    expect(ended, ended.stderr).toMatchObject({ exitCode, stdout: '' });
    expect(ended.stderr).toMatch(message);
  }
});
