import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/domain/errors.ts';
import { acting, jobTemplate, writeActPipeline } from './act-pipeline.ts';
import { expectFault } from './faults.ts';
import { type Ended, Person, untilPrinted } from './program.ts';

/*
 * One way to each code of the catalogue, with the program as people start it. That a message says the right thing is the matter
 * of other files; here each code is shown to happen, with its exit code, its hint and its page.
 */

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\n';
const HELLO = ['run', 'hello', '--set', 'name=you'] as const;

/** The command that ends with the code, when all is as it needs to be. */
type Way = (person: Person) => readonly string[] | Promise<readonly string[] | Ended>;

/** A code without a way to it is a type error. */
const WAYS: Readonly<Record<ErrorCode, Way>> = {
  'bad-usage': () => ['run', '--dettach'],
  'bad-template': (person) => {
    writeActPipeline(person);
    const template = join(person.project, 'pipelines/act/job.yaml');
    // Well formed, and without a result.
    writeFileSync(template, readFileSync(template, 'utf8').replace('${image}', '${["a"][size(params.act)]}'));
    return ['plan', 'act'];
  },
  'bad-pipeline': (person) => {
    mkdirSync(join(person.project, 'pipelines/mine'), { recursive: true });
    writeFileSync(join(person.project, 'pipelines/mine/pipeline.yaml'), 'kind: Pipeline\nstaegs: {}\n');
    return ['plan', 'mine'];
  },
  'bad-config': (person) => {
    writeFileSync(join(person.project, 'ilab-backend.yaml'), `${HEAD}pipline: hello\n`);
    return ['plan'];
  },
  'bad-params': () => ['plan', 'hello', '--set', 'name=you', '--set', 'greet.times=often'],
  'bad-input': () => [...HELLO, '--only', 'count'],
  'unknown-pipeline': () => ['run', 'helo'],
  'unknown-profile': () => [...HELLO, '--profile', 'locl'],
  'unknown-stage': () => [...HELLO, '--only', 'great'],
  'not-supported': (person) => {
    writeActPipeline(person, {
      template: jobTemplate().replace('batch/v1\nkind: Job', 'kubeflow.org/v1\nkind: PyTorchJob'),
    });
    return ['run', 'act'];
  },
  'cannot-start': () => ['images', 'build', '--engine', 'podman', '--pipeline', 'hello'],
  unreachable: (person) => {
    // The program that would log in does not: nobody is asked, and nobody tries again.
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never' };
    return ['list', '--kubeconfig', kubeconfigOf(person, 'https://127.0.0.1:9', { exec }), '-n', 'team'];
  },
  'not-found': () => ['status', 'nobody'],
  'run-lost': async (person) => {
    writeActPipeline(person);
    const script = 'while ! test -e "$GO"; do sleep 0.05; done'.replace('$GO', join(person.folder, 'go'));
    const run = person.start(['run', 'act', '--name', 'gone', ...acting(script)]);
    await untilPrinted(run, 'act: started', 'stderr');
    inJournal(person, 'DELETE FROM runs');
    writeFileSync(join(person.folder, 'go'), '');
    const { exitCode, signal, stdout, stderr } = await run;
    return { exitCode, signal, stdout, stderr };
  },
  'name-taken': async (person) => {
    const first = await person.type(...HELLO, '--name', 'mine');
    expect(first.exitCode, first.stderr).toBe(0);
    return ['run', 'hello', '--set', 'name=them', '--name', 'mine'];
  },
  'still-running': async (person) => {
    writeActPipeline(person);
    const script = 'while ! test -e "$GO"; do sleep 0.05; done'.replace('$GO', join(person.folder, 'go'));
    const run = person.start(['run', 'act', '--name', 'driven', ...acting(script)]);
    await untilPrinted(run, 'act: started', 'stderr');
    const fault = await person.type('rm', 'driven');
    writeFileSync(join(person.folder, 'go'), '');
    await run;
    return fault;
  },
  'in-use': async (person) => {
    for (const name of ['first', 'second']) {
      const ended = await person.type(...HELLO, '--name', name);
      expect(ended.exitCode, ended.stderr).toBe(0);
    }
    return ['rm', 'first'];
  },
  'storage-failed': async (person) => {
    await person.type(...HELLO);
    chmodSync(person.stateDir, 0o777);
    return ['list'];
  },
  'state-broken': (person) => {
    mkdirSync(person.stateDir, { mode: 0o700 });
    writeFileSync(join(person.stateDir, 'journal.db'), 'This is no database.'.repeat(100));
    return ['list'];
  },
  interrupted: async (person) => {
    const { server, asked } = await silentServer();
    const run = person.start(['list', '--kubeconfig', kubeconfigOf(person, server), '-n', 'team']);
    await asked;
    run.kill('SIGINT');
    const { exitCode, signal, stdout, stderr } = await run;
    return { exitCode, signal, stdout, stderr };
  },
  'state-newer': async (person) => {
    await person.type(...HELLO);
    inJournal(person, 'PRAGMA user_version = 99');
    return ['list'];
  },
};

function inJournal(person: Person, statement: string): void {
  const database = new DatabaseSync(join(person.stateDir, 'journal.db'), { timeout: 10_000 });
  database.exec(statement);
  database.close();
}

function kubeconfigOf(person: Person, server: string, user: object = {}): string {
  const path = join(person.folder, 'kubeconfig');
  const text = {
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...text }), { mode: 0o600 });
  return path;
}

/** An API server that listens and never answers; `asked` resolves when somebody waits for it. */
async function silentServer(): Promise<{ readonly server: string; readonly asked: Promise<unknown> }> {
  const listener = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  const asked = once(listener, 'request');
  await once(listener, 'listening');
  return { server: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`, asked };
}

async function goWay(code: ErrorCode): Promise<{ readonly person: Person; readonly way: readonly string[] | Ended }> {
  const person = new Person();
  onTestFinished(() => person.leave());
  return { person, way: await WAYS[code](person) };
}

test.concurrent.each(Object.entries(ERRORS))('%s', async (name, { exitCode }) => {
  const code = name as ErrorCode;
  const { person, way } = await goWay(code);
  const page = new RegExp(`\n {2}more: ilab-backend explain ${code} \\(docs/errors\\.md#${code}\\)\n$`);
  if ('exitCode' in way) {
    expect(way.exitCode, way.stderr).toBe(exitCode);
    expect(way.stderr).toMatch(page);
    return;
  }
  const ended = await person.type(...way);
  expectFault(ended, exitCode, page);
});

test.concurrent.each<[ErrorCode, RegExp]>([
  ['not-found', /there is no run nobody/],
  ['bad-usage', /unknown option '--dettach' \(Did you mean --detach\?\)/],
])('%s for a program: one line of JSON on stderr, nothing on stdout', async (code, message) => {
  const { person, way } = await goWay(code);
  if ('exitCode' in way) throw new Error(`${code} has no command`);
  const { exitCode, stdout, stderr } = await person.type(...way, '-o', 'json');
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: ERRORS[code].exitCode, stdout: '' });
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code,
      message: expect.stringMatching(message),
      hint: expect.stringContaining('ilab-backend'),
      docs: `docs/errors.md#${code}`,
      exitCode,
    },
  });
});

test('a command that is told carries the flags of the place that was typed, and finds the run', async () => {
  const person = new Person();
  onTestFinished(() => person.leave());
  const there = ['--state-dir', join(person.folder, 'else where')] as const;
  const ran = await person.type(...HELLO, '--name', 'mine', ...there);
  const next = /next: ilab-backend (.+)\n/.exec(ran.stderr)?.[1];
  expect(next, ran.stderr).toBe(`artifacts mine --state-dir '${there[1]}'`);
  expect((await person.type('artifacts', 'mine', ...there)).exitCode).toBe(0);
  expect((await person.type('status', 'mine', ...there)).stdout).toContain(`next: ilab-backend ${next}\n`);
  const { events } = await person.events('watch', 'mine', ...there);
  expect(events.at(-1)).toMatchObject({ type: 'run-ended', next: `ilab-backend ${next}` });
  const fault = await person.type('status', 'nobody', ...there);
  expectFault(fault, 7, new RegExp(`\`ilab-backend list --state-dir '${there[1]}'\``));
});
