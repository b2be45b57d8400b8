import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectFault } from './faults.ts';
import { type Ended, LAUNCHER, Person } from './program.ts';

/* The machine is at fault: a folder that cannot be written, a journal that is broken or too new. */

const HELLO = ['run', 'hello', '--set', 'name=you'] as const;
const NOBODY = 65_534;

let person: Person;
beforeEach(() => {
  person = new Person();
});
afterEach(() => person.leave());

/** As somebody whom permissions bind; the tests may run as root. */
async function typeAsNobody(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const isRoot = process.getuid?.() === 0;
  const { exitCode, signal, stdout, stderr } = await execa(LAUNCHER, args, {
    cwd: person.project,
    env: { ...person.env, ...env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  return { exitCode, signal, stdout, stderr };
}

test('a home that cannot be written', async () => {
  const home = join(person.folder, 'home');
  chmodSync(person.folder, 0o755);
  chmodSync(home, 0o555);
  const { ILAB_BACKEND_STATE_DIR: _, ...env } = person.env;
  Object.assign(person.env, env);
  delete person.env['ILAB_BACKEND_STATE_DIR'];
  expectFault(await typeAsNobody(HELLO, {}), 1, /state folder .*home.* cannot be made[\s\S]*--state-dir/);
  expect(readdirSync(home)).toEqual([]);
});

test('a state folder that can only be read: what it has is shown, a run is refused, nothing is changed', async () => {
  expect((await person.type(...HELLO, '--name', 'one')).exitCode).toBe(0);
  chmodSync(person.folder, 0o755);
  const give = process.getuid?.() === 0 ? ` && chown -R ${NOBODY}:${NOBODY} .` : '';
  await execa('sh', ['-c', `chmod -R a-w .${give}`], { cwd: person.stateDir });
  const before = readdirSync(person.stateDir);
  for (const look of [['list'], ['status', 'one'], ['logs', 'one', 'greet'], ['plan', 'hello', '--set', 'name=you']]) {
    const { exitCode, stdout, stderr } = await typeAsNobody(look, {});
    expect({ exitCode, stderr }, look.join(' ')).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout, look.join(' ')).not.toBe('');
  }
  expectFault(await typeAsNobody([...HELLO, '--name', 'two'], {}), 1, /cannot be written/);
  expect(readdirSync(person.stateDir)).toEqual(before);
  await execa('chmod', ['-R', 'u+w', person.stateDir]);
});

test('a state folder that others may write to', async () => {
  expect((await person.type(...HELLO)).exitCode).toBe(0);
  chmodSync(person.stateDir, 0o777);
  expectFault(await person.type(...HELLO), 1, /can be written by other users\n {2}chmod go-w /);
});

test('a state folder that is a file', async () => {
  writeFileSync(person.stateDir, 'not a folder');
  expectFault(await person.type(...HELLO), 1, /state folder/);
  expect(readFileSync(person.stateDir, 'utf8')).toBe('not a folder');
});

const journal = (): string => join(person.stateDir, 'journal.db');

test.each([100, 5000, 9000])('a journal cut off after %i bytes', async (length) => {
  expect((await person.type(...HELLO, '--name', 'one')).exitCode).toBe(0);
  truncateSync(journal(), length);
  const before = readFileSync(journal());
  const ended = await person.type(...HELLO, '--name', 'two');
  expectFault(ended, 1, /journal\.db[\s\S]*mv /);
  expect(readFileSync(journal())).toEqual(before);
});

test('a journal that is something else', async () => {
  expect((await person.type(...HELLO)).exitCode).toBe(0);
  writeFileSync(journal(), 'This is no database.'.repeat(100));
  expectFault(await person.type('list'), 1, /journal\.db/);
  expect(readFileSync(journal(), 'utf8')).toMatch(/^This is no database/);
});

test('a journal of a newer version is read by nobody older, and not changed', async () => {
  expect((await person.type(...HELLO)).exitCode).toBe(0);
  const database = new DatabaseSync(journal());
  database.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);');
  database.close();
  const before = join(person.folder, 'before.db');
  copyFileSync(journal(), before);
  for (const command of [['list'], ['status', 'x'], [...HELLO]]) {
    expectFault(await person.type(...command), 1, /format 99[\s\S]*newer/);
  }
  expect(readFileSync(journal())).toEqual(readFileSync(before));
});

test('a run of a newer version: who deletes refuses and names it, others go on', async () => {
  expect((await person.type(...HELLO, '--name', 'mine')).exitCode).toBe(0);
  const database = new DatabaseSync(journal());
  database.exec(`INSERT INTO runs SELECT 'newer', 'newer', created_at, 1, '{"version":2}', sources FROM runs`);
  database.close();
  expectFault(await person.type('status', 'newer'), 1, /newer/);
  const { exitCode, stdout } = await person.type('status', 'mine', '-o', 'name');
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'run/mine\n' });
  // What another run builds on must not be judged without it.
  expectFault(await person.type('rm', 'mine'), 1, /run newer in .+ was written by a newer/);
  expectFault(await person.type('prune', '--older-than', '1s'), 1, /run newer in .+ was written by a newer/);
  // A new run only takes nothing over from it.
  expect((await person.type(...HELLO, '--name', 'second')).exitCode).toBe(0);
});

test('what is kept is nobody else’s business', async () => {
  expect((await person.type(...HELLO, '--name', 'mine')).exitCode).toBe(0);
  const open = readdirSync(person.stateDir, { withFileTypes: true })
    .map((entry) => join(person.stateDir, entry.name))
    .concat(person.stateDir)
    .filter((path) => path === person.stateDir || path.endsWith('journal.db'))
    .filter((path) => (statSync(path).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});
