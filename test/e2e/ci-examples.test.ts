import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { githubJobs, gitlabJobs, type Job, runJob } from './ci-jobs.ts';
import { Person, parseEvents } from './program.ts';

/* The examples of docs/ci.md do what they say: on this machine here, on a cluster in test/cluster/ci-examples.test.ts. */

let person: Person;
beforeEach(() => {
  person = new Person();
  const head = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: hello\n';
  writeFileSync(join(person.project, 'ilab-backend.yaml'), `${head}params: { name: you }\n`);
});
afterEach(() => person.leave());

function made(file: string): string {
  return readFileSync(join(person.project, file), 'utf8');
}

async function runs(job: Job | undefined, run: string): Promise<void> {
  if (job === undefined) throw new Error('no such job');
  const values = { WHERE: '', UNTIL: 'greet', KUBECONFIG_DATA: 'none is needed', RUN: run };
  const machine = join(person.folder, job.name);
  const ran = await runJob(job, { checkout: person.project, machine, env: person.env, values });
  expect(ran.map(({ step, exitCode, output }) => ({ step, exitCode, output: exitCode === 0 ? '' : output }))).toEqual(
    job.steps.map(({ name }) => ({ step: name, exitCode: 0, output: '' })),
  );
}

describe.each([
  ['github-actions.yml', githubJobs()],
  ['gitlab-ci.yml', gitlabJobs()],
])('examples/ci/%s', (_, jobs) => {
  test('plans, runs, reports and publishes', async () => {
    expect(jobs.map(({ name }) => name)).toEqual(['plan', 'model', 'publish']);
    const [plan, model, publish] = jobs;
    await runs(plan, 'ci-1');
    expect(JSON.parse(made('plan.json'))).toMatchObject({ pipeline: { name: 'hello' } });
    await runs(model, 'ci-1');
    expect(parseEvents(made('events.ndjson')).at(-1)).toMatchObject({ type: 'run-ended', exitCode: 0 });
    expect(JSON.parse(made('status.json'))).toMatchObject({ status: { phase: 'Succeeded' } });
    expect(made('logs.txt')).toContain('hello you');
    await runs(publish, 'ci-1-all');
    const events = parseEvents(made('events.ndjson'));
    expect(events.map(({ type }) => type)).toContain('stage-reused');
    expect(JSON.parse(made('artifacts.json'))).toMatchObject({ run: 'ci-1-all' });
  });
});
