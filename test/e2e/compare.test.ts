import { afterEach, beforeEach, expect, test } from 'vitest';
import { Person } from './program.ts';

/* Two runs beside each other, and a run that is held to more than its pipeline asks. */

let person: Person;
beforeEach(() => {
  person = new Person();
});
afterEach(() => person.leave());

const hello = (name: string, times: number, ...more: readonly string[]) =>
  person.type('run', 'hello', '--name', name, '--set', 'name=you', '--set', `greet.times=${times}`, ...more);

test('diff tells what differs and ends with 1, and with 0 when nothing does', async () => {
  for (const [name, times] of [
    ['first', 2],
    ['second', 3],
    ['third', 3],
  ] as const) {
    expect((await hello(name, times)).exitCode).toBe(0);
  }
  const differ = await person.type('diff', 'first', 'second');
  expect(differ.exitCode).toBe(1);
  const rows = differ.stdout.split('\n').map((line) => line.split(/ {3,}/));
  expect(rows[0]).toEqual(['WHAT', 'first', 'second']);
  expect(rows).toContainEqual(['params.greet.times', '2', '3 (+1)']);
  expect(rows).toContainEqual(['results.greet.metrics.lines', '2', '3 (+1)']);
  const same = await person.type('diff', 'second', '@latest', '-o', 'json');
  expect(same).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(same.stdout)).toEqual({ runs: ['second', 'third'], differences: [] });
  const itself = await person.type('diff', 'third', '@latest');
  expect(itself).toMatchObject({ exitCode: 0, stdout: '', stderr: 'both names are of third\n' });
});

test('--require refuses with both sides, and resume holds it too', async () => {
  const refused = await hello('held', 2, '--require', 'count=results.greet.metrics.lines >= 5.0');
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain(
    'count: refused by gate require-1: results.greet.metrics.lines >= 5.0 is false: lines is 2',
  );
  expect((await person.type('resume', 'held')).exitCode).toBe(4);
  const planned = ['plan', 'hello', '--set', 'name=you', '--require', 'count=true', '--against', 'held', '-o', 'json'];
  const plan = JSON.parse((await person.type(...planned)).stdout);
  expect(plan.stages[1].gates).toContainEqual({ name: 'require-1', condition: 'true' });
  expect(plan.against).toEqual({
    run: 'held',
    differences: [
      { path: 'stages.count.require', before: '["results.greet.metrics.lines >= 5.0"]', after: '["true"]' },
    ],
  });
});
