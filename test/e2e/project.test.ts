import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Person } from './program.ts';

/* From nothing to a project that is known to be right, as its commands say it. */

let person: Person;
beforeEach(() => {
  person = new Person();
});
afterEach(() => person.leave());

test('init writes a file, validate finds nothing wrong with it, explain says whose value holds', async () => {
  const made = await person.type('init', 'mine', '--yes', '--pipeline', 'hello', '--set', 'name=you');
  expect(made, made.stderr).toMatchObject({ exitCode: 0, stderr: '' });
  expect(made.stdout).toContain('ilab-backend validate --project mine\n');
  expect(readFileSync(join(person.project, 'mine', 'ilab-backend.yaml'), 'utf8')).toContain(
    '\n  name: you # Whom to greet',
  );
  expect(await person.type('validate', '--project', 'mine')).toMatchObject({ exitCode: 0 });
  const explained = await person.type('explain', 'name', '--project', 'mine', '-o', 'json');
  expect(JSON.parse(explained.stdout)).toMatchObject({ value: 'you', origin: 'ilab-backend.yaml:9:9' });
  const again = await person.type('init', 'mine', '--yes');
  expect(again).toMatchObject({ exitCode: 2, stdout: '' });
});
