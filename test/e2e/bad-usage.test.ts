import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeActPipeline } from './act-pipeline.ts';
import { expectFault } from './faults.ts';
import { Person } from './program.ts';

/* What is typed or configured wrong: exit 2, one message with the right name, and nothing written. */

let person: Person;
beforeEach(() => {
  person = new Person();
});
afterEach(() => person.leave());

const HELLO = ['run', 'hello', '--set', 'name=you'] as const;

test.each<[string, readonly string[], RegExp]>([
  ['pipeline', ['run', 'helo'], /helo[\s\S]*hello/],
  ['profile', [...HELLO, '--profile', 'locl'], /locl/],
  ['stage of --only', [...HELLO, '--only', 'great'], /great[\s\S]*greet/],
  ['stage of --from', [...HELLO, '--from', 'cuont'], /cuont[\s\S]*count/],
  ['stage of --until', [...HELLO, '--until', 'x'], /\bx\b[\s\S]*greet/],
  ['parameter', [...HELLO, '--set', 'greet.time=3'], /greet\.time\b[\s\S]*greet\.times/],
  ['type of a parameter', [...HELLO, '--set', 'greet.times=often'], /greet\.times/],
  ['value of a parameter', [...HELLO, '--set', 'greet.times=0'], /greet\.times/],
  ['missing parameter', ['run', 'hello'], /name/],
  ['form of --set', [...HELLO, '--set', 'name'], /--set/],
  ['form of --input', [...HELLO, '--input', 'text'], /--input/],
  ['input', [...HELLO, '--input', 'txt=/nowhere'], /txt/],
  ['stage alone', [...HELLO, '--only', 'count'], /greet[\s\S]*--until greet/],
  ['name of a run', [...HELLO, '--name', 'Not A Name'], /Not A Name/],
  ['values file', [...HELLO, '-f', 'nowhere.yaml'], /nowhere\.yaml/],
  ['project folder', [...HELLO, '--project', 'nowhere'], /nowhere/],
  ['target, on a machine without a kubeconfig', [...HELLO, '--target', 'kubernetes'], /no kubeconfig found/],
])('wrong %s', async (_what, args, message) => {
  const ended = await person.type(...args);
  expectFault(ended, 2, message);
  expect((await person.type('list', '-o', 'name')).stdout).toBe('');
  expect(existsSync(join(person.stateDir, 'runs')) ? readdirSync(join(person.stateDir, 'runs')) : []).toEqual([]);
});

test('a result of a run that is not there', async () => {
  expectFault(await person.type(...HELLO, '--reuse', 'greet@nobody'), 7, /no run nobody/);
  expect((await person.type('list', '-o', 'name')).stdout).toBe('');
});

test.each<[string, readonly string[], RegExp]>([
  ['form', ['count'], /--require count: a stage, = and a condition are needed/],
  ['stage', ['cuont=true'], /there is no stage cuont[\s\S]*did you mean `count`/],
  ['condition', ['count=results.gret.metrics.lines > 1.0'], /has no field `gret`[\s\S]*greet/],
])('wrong %s of --require', async (_what, [flag = ''], message) => {
  expectFault(await person.type(...HELLO, '--require', flag), 2, message);
  expect((await person.type('list', '-o', 'name')).stdout).toBe('');
});

test.each<[string, readonly string[]]>([
  ['command', ['rnu']],
  ['option', ['run', '--dettach']],
  ['duration', [...HELLO, '--timeout', '5']],
  ['choice', [...HELLO, '-o', 'xml']],
  ['number of words', ['status']],
])('an unknown %s is refused in one line', async (_what, args) => {
  const { exitCode, stdout, stderr } = await person.type(...args);
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/^ilab-backend: /);
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  expect(stderr).not.toMatch(/\n\s+at /);
});

describe('the project file', () => {
  const write = (text: string): void => writeFileSync(join(person.project, 'ilab-backend.yaml'), text);
  const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\n';

  test.each<[string, string, RegExp]>([
    ['a misspelt key', `${HEAD}pipline: hello\n`, /ilab-backend\.yaml:3:1: [\s\S]*pipline[\s\S]*pipeline/],
    ['a misspelt parameter', `${HEAD}pipeline: hello\nparams: { nmae: you }\n`, /:4:11: [\s\S]*nmae[\s\S]*name/],
    ['a wrong type', `${HEAD}pipeline: hello\nparams: { name: [you] }\n`, /:4:1\d: [\s\S]*name/],
    ['no YAML', `${HEAD}pipeline: {\n`, /ilab-backend\.yaml:\d+:\d+: /],
    ['the same key twice', `${HEAD}pipeline: hello\npipeline: hello\n`, /:4:1: /],
    ['another kind', 'apiVersion: v1\nkind: Pod\n', /ilab-backend\.yaml:\d+:\d+: /],
  ])('with %s', async (_what, text, message) => {
    write(text);
    expectFault(await person.type('run'), 2, message);
  });

  test('all faults are told together', async () => {
    write(`${HEAD}pipeline: hello\nparams:\n  nmae: you\n  greet: { times: often }\n`);
    const ended = await person.type('run');
    expectFault(ended, 2, /nmae/);
    expect(ended.stderr).toContain('ilab-backend.yaml:5:');
    expect(ended.stderr).toContain('ilab-backend.yaml:6:');
  });
});

test('a pipeline of the project with a mistake in a template says where', async () => {
  writeActPipeline(person);
  const template = join(person.project, 'pipelines/act/job.yaml');
  writeFileSync(template, readFileSync(template, 'utf8').replace('${image}', '${imgae}'));
  expectFault(await person.type('run', 'act'), 2, /pipelines\/act\/job\.yaml:\d+:\d+: [\s\S]*imgae/);
});

test('a pipeline named like one of ours names both places', async () => {
  writeActPipeline(person);
  mkdirSync(join(person.project, 'pipelines/hello'));
  writeFileSync(join(person.project, 'pipelines/hello/pipeline.yaml'), 'kind: Pipeline\n');
  expectFault(await person.type(...HELLO), 2, /pipelines\/hello[\s\S]*templates\/hello/);
});

test.each<readonly string[]>([
  ['status'],
  ['logs'],
  ['resume'],
  ['cancel'],
  ['watch'],
  ['wait'],
  ['artifacts'],
  ['rm'],
])('%s of a run that is not there', async (command) => {
  expectFault(await person.type(command, 'nobody'), 7, /nobody/);
  expectFault(await person.type(command, '@latest'), 7, /no run/);
});
