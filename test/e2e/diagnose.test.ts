import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, jobTemplate, writeActPipeline } from './act-pipeline.ts';
import { expectFault } from './faults.ts';
import { Person } from './program.ts';

let person: Person;
beforeEach(() => {
  person = new Person();
});
afterEach(() => person.leave());

test('a failed run: one file to attach, with the cause first and no secret in it', async () => {
  const canaries = ['env', 'kubeconfig', 'url', 'log', 'proxy'].map((place) => `canary-${place}-93ab`);
  const [ofEnv, ofKubeconfig, ofUrl, ofLog, ofProxy] = canaries;
  writeActPipeline(person);
  const env = `          env:
            - { name: PARAM_SCRIPT, value: "\${params.act}" }
            - { name: PLANTED, valueFrom: { secretKeyRef: { name: env, key: PLANTED } } }
            - { name: SOME_PASSWORD, value: ${ofLog} }
`;
  writeFileSync(join(person.project, 'pipelines/act/job.yaml'), `${jobTemplate()}${env}`);
  mkdirSync(join(person.folder, 'home/.kube'));
  writeFileSync(join(person.folder, 'home/.kube/config'), `users: [{ name: u, user: { token: ${ofKubeconfig} } }]\n`);
  Object.assign(person.env, { PLANTED: ofEnv, https_proxy: `http://ada:${ofProxy}@127.0.0.1:9` });
  const script = [
    `echo "sent https://ada:${ofUrl}@host/x and $SOME_PASSWORD"`,
    `echo "${ofKubeconfig} over ${ofProxy}" "$PLANTED"`,
    'echo "KeyError: question" >&2; exit 1',
  ].join('; ');
  expect((await person.type('run', 'act', '--name', 'bad', ...acting(script))).exitCode).toBe(3);

  const { exitCode, stdout, stderr } = await person.type('diagnose', 'bad');
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/^bad-diagnosis\.md \(\d.+\) has\n {2}\d+ likely causes?\n/);
  expect(stderr).toContain('KeyError: question');
  const file = join(person.project, 'bad-diagnosis.md');
  const page = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(page).toMatch(/## Likely causes\n\n1\. act, attempt 1: it ended with exit code 1: KeyError: question/);
  expect(page).toContain('as they were submitted\n');
  expect(page).not.toContain('NOT as they were submitted');
  expect(page).toContain('[main] sent https://***@host/x and ***');
  // The home folder has a name in it.
  expect(page).not.toContain(person.env['HOME']);

  const json = await person.type('diagnose', 'bad', '-o', 'json', '--file', '-');
  expect(json.exitCode, json.stderr).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'Diagnosis', run: 'bad', record: { name: 'bad' } });
  const texts = [page, json.stdout, stdout, stderr];
  expect(canaries.filter((canary) => texts.some((text) => text.includes(canary)))).toEqual([]);
});

test('a file that cannot be written', async () => {
  expect((await person.type('run', 'hello', '--set', 'name=you', '--name', 'one')).exitCode).toBe(0);
  const { exitCode, stderr } = await person.type('diagnose', 'one', '--file', 'nowhere/x.md');
  expect({ exitCode, said: /nowhere\/x\.md cannot be written[\s\S]*--file/.test(stderr) }, stderr).toEqual({
    exitCode: 1,
    said: true,
  });
  expectFault(await person.type('diagnose', 'nobody'), 7, /nobody/);
});
