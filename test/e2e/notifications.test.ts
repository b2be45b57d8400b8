import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Receiver } from '../fakes/receiver.ts';
import { Person } from './program.ts';

/* A webhook that is told of runs, with the program from outside. */

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const env = { HOOK_SECRET: SECRET, HOOK_URL: '' };
const LINE = ['run', 'hello', '--set', 'name=you', '--name', 'week'];
let person: Person;
let receiver: Receiver;

beforeEach(async () => {
  person = new Person();
  receiver = new Receiver();
  env.HOOK_URL = `${await receiver.listen()}/hook?token=t0ps3cret`;
  const head = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\n';
  writeFileSync(
    join(person.project, 'ilab-backend.yaml'),
    `${head}notify: { urlFrom: env:HOOK_URL, secret: env:HOOK_SECRET }\n`,
  );
});

afterEach(() => {
  receiver.close();
  person.leave();
});

interface Sent {
  readonly type: string;
  readonly data: { readonly run: string };
}

function told(): readonly string[] {
  return receiver.bodies<Sent>().map(({ type }) => type);
}

test('killed between the end of the run and its message: the next driver sends it, with the same id', async () => {
  receiver.behave = () => undefined;
  const driver = person.start(LINE, env);
  await receiver.until(1);
  expect((await person.status('week')).status.phase).toBe('Succeeded');
  driver.kill('SIGKILL');
  await driver;
  receiver.behave = (answer) => void answer.writeHead(204).end();
  const again = await person.start(['resume', 'week'], env);
  expect(again.exitCode, again.stderr).toBe(0);
  const [first, second] = receiver.received;
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(new Webhook(SECRET).verify(second?.body ?? '', second?.headers as Record<string, string>)).toMatchObject({
    type: 'run.done',
    data: { run: 'week', pipeline: 'hello', target: 'local', exitCode: 0 },
  });
  await person.start(['resume', 'week'], env);
  expect(receiver.received).toHaveLength(2);
});

test('the driver of --detach tells of the run; who waits for it does not', async () => {
  const detached = await person.start([...LINE, '--detach'], env);
  expect(detached.exitCode, detached.stderr).toBe(0);
  expect((await person.start(['wait', 'week'], env)).exitCode).toBe(0);
  await receiver.until(1);
  expect(told()).toEqual(['run.done']);
});

test('a receiver that is away changes no exit code, and its address is told to nobody', async () => {
  receiver.behave = (answer) => void answer.writeHead(404).end();
  const { exitCode, stdout, stderr } = await person.start(LINE, env);
  expect([exitCode, stdout], stderr).toEqual([0, 'run/week\n']);
  expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:\d+ did not take run\.done: it answered 404/);
  const seen = [stderr, (await person.type('status', 'week', '-o', 'json')).stdout];
  seen.push((await person.type('config', 'view', 'hello', '--set', 'name=you')).stdout);
  for (const text of seen) expect(text).not.toMatch(/t0ps3cret|whsec_/);
  expect(seen.at(-1)).toContain('HOOK_URL');
});

test('doctor --notify sends a test', async () => {
  const { stdout } = await person.start(['doctor', 'hello', '--set', 'name=you', '--notify'], env);
  expect(stdout).toMatch(/ok +Webhook +http:\/\/127\.0\.0\.1:\d+ took a test message/);
  expect(told()).toEqual(['test']);
  const unset = await person.type('doctor', 'hello', '--set', 'name=you', '--notify');
  expect(unset.stdout).toMatch(/warn +Webhook +notify\.secret: the variable HOOK_SECRET is not set/);
});
