import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from './act-pipeline.ts';
import { Person } from './program.ts';

/* What a stage's log tells while it runs, and what is done about it. */

let person: Person;
beforeEach(() => {
  person = new Person();
  writeActPipeline(person, { watch: '{ nan: { lower: [act] } }' });
});
afterEach(() => person.leave());

const NAN = "{'loss': 'nan', 'grad_norm': 'nan', 'learning_rate': '0.01', 'epoch': '0.6'}";
const TRAINS = `echo "{'loss': '4.1', 'epoch': '0.4'}"; echo "${NAN}"`;

test('a stage that stops on a loss that is no number is ended for it, and told what to change', async () => {
  const script = `${TRAINS}; sleep 60; ${FINISH}`;
  const ended = await person.type('run', 'act', '--name', 'bad', '--stop-on', 'act=nan', ...acting(script));
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.stderr).toContain('warning: the loss is no number at epoch 0.6');
  expect(ended.stderr).toContain(`| ${NAN}`);
  expect(ended.stderr).toContain('fix: lower act\n');
  const { status } = await person.status('bad');
  expect(status.stages[0]?.attempts).toMatchObject([
    { outcome: { kind: 'failed', class: 'user', reason: 'stopped-on-warning' } },
  ]);
});

test('otherwise it is told, and the stage goes on', async () => {
  const ended = await person.type('run', 'act', '--name', 'good', ...acting(`${TRAINS}; sleep 1; ${FINISH}`));
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('warning: the loss is no number at epoch 0.6');
});

test.each([
  ['act', 'a stage, = and warnings are needed'],
  ['nobody=nan', 'there is no stage nobody'],
  ['act=nam', 'there is no warning nam'],
])('--stop-on %s is refused before anything starts', async (flag, why) => {
  const ended = await person.type('run', 'act', '--stop-on', flag);
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toContain(why);
});
