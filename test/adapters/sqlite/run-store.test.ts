import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeLock } from '../../../src/adapters/sqlite/run-lock.ts';
import { SqliteRunStore } from '../../../src/adapters/sqlite/run-store.ts';
import { describeRunStore } from '../../contract/run-store-contract.ts';
import { recordOf } from '../../fakes/records.ts';

let stateDir: string;
let store: SqliteRunStore;

beforeEach(() => {
  stateDir = join(mkdtempSync(join(tmpdir(), 'ilab-store-')), 'state');
  store = new SqliteRunStore(stateDir);
});
afterEach(() => {
  store.close();
  rmSync(stateDir, { recursive: true, force: true });
});

describeRunStore('in SQLite', async () => {
  const stores: SqliteRunStore[] = [];
  const open = (): SqliteRunStore => {
    const opened = new SqliteRunStore(stateDir);
    stores.push(opened);
    return opened;
  };
  return {
    store: open(),
    open,
    remove: async () => {
      for (const opened of stores) opened.close();
    },
  };
});

describe('the lock', () => {
  test('dies with its process, however that dies', async () => {
    const entry = new URL('../../../src/adapters/sqlite/run-lock.ts', import.meta.url).href;
    const program = `const { takeLock } = await import(${JSON.stringify(entry)}); globalThis.lock = takeLock(${JSON.stringify(stateDir)}, 'weekly-1'); console.log('taken'); setInterval(() => {}, 1000);`;
    await store.create(recordOf('weekly-1'), '{}');
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(holder, 'exit');
    try {
      await once(holder.stdout, 'data');
      expect(await store.isLocked('weekly-1')).toBe(true);
    } finally {
      holder.kill('SIGKILL');
      await exited;
    }
    expect(await store.isLocked('weekly-1')).toBe(false);
  });

  test('is not refused to whoever comes while another looks at it, however long the machine lets that stand there', async () => {
    await takeLock(stateDir, 'weekly-1')?.release();
    // As `isLocked` of another process that gets no time for a while.
    const program = `const { DatabaseSync } = await import('node:sqlite'); const database = new DatabaseSync(${JSON.stringify(join(stateDir, 'locks/weekly-1.lock'))}, { readOnly: true }); database.exec('BEGIN; SELECT count(*) FROM sqlite_schema'); console.log('looks'); setTimeout(() => database.close(), 1000);`;
    const looking = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(looking, 'exit');
    await once(looking.stdout, 'data');
    const lock = takeLock(stateDir, 'weekly-1');
    expect(lock).toBeDefined();
    await exited;
    await lock?.release();
  });
});

describe('whoever only looks', () => {
  test('makes nothing', async () => {
    expect(await store.list()).toEqual([]);
    expect(await store.read('weekly-1')).toBeUndefined();
    expect(await store.isLocked('weekly-1')).toBe(false);
    expect(existsSync(stateDir)).toBe(false);
  });
});

describe('bad days', () => {
  test("the folder and the file are the owner's alone", async () => {
    await store.create(recordOf('weekly-1'), '{}');
    expect(statSync(stateDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(stateDir, 'journal.db')).mode & 0o777).toBe(0o600);
  });

  test('a folder that others may write to is refused', async () => {
    await store.create(recordOf('weekly-1'), '{}');
    store.close();
    chmodSync(stateDir, 0o777);
    await expect(store.list()).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('other users'),
    });
  });

  test('a file of a newer format is refused and left as it is', async () => {
    await store.create(recordOf('weekly-1'), '{}');
    store.close();
    const file = new DatabaseSync(join(stateDir, 'journal.db'));
    file.exec('PRAGMA user_version = 99');
    file.close();
    await expect(store.list()).rejects.toMatchObject({ code: 'state-newer', exitCode: 1 });
  });

  test.each([
    ['truncated', (path: string) => truncateSync(path, 5000)],
    [
      'overwritten',
      (path: string) =>
        writeFileSync(path, 'this is no database, but it is long enough to be taken for one'.repeat(20)),
    ],
  ])('a journal that was %s is named, never repaired in silence', async (_name, harm) => {
    await store.create(recordOf('weekly-1'), 'x'.repeat(20_000));
    store.close();
    harm(join(stateDir, 'journal.db'));
    await expect(store.list().then(() => store.read('weekly-1'))).rejects.toMatchObject({
      code: 'state-broken',
      message: expect.stringContaining('journal.db'),
    });
  });

  test('a record that cannot be read does not hide the others, and is named', async () => {
    await store.create(recordOf('weekly-1'), 'x');
    await store.create(recordOf('weekly-2'), 'x');
    store.close();
    const file = new DatabaseSync(join(stateDir, 'journal.db'));
    file.exec(`UPDATE runs SET record = '{' WHERE name = 'weekly-1'`);
    file.close();
    const unreadable: string[] = [];
    const runs = await store.list(({ name, fault }) => unreadable.push(`${name} ${fault.code}`));
    expect(runs.map(({ record }) => record.name)).toEqual(['weekly-2']);
    expect(unreadable).toEqual(['weekly-1 state-broken']);
    expect(await store.remove('weekly-1')).toBe(true);
  });

  test('a record of a newer program is refused by name', async () => {
    await store.create(recordOf('weekly-1'), 'x');
    store.close();
    const file = new DatabaseSync(join(stateDir, 'journal.db'));
    file.exec(`UPDATE runs SET record = '{"version": 2}'`);
    file.close();
    await expect(store.read('weekly-1')).rejects.toMatchObject({
      code: 'state-newer',
      message: expect.stringContaining('weekly-1'),
    });
  });
});
