import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KnownPlace, KnownPlaces } from '../../../src/adapters/sqlite/known-places.ts';
import { SqliteRunStore } from '../../../src/adapters/sqlite/run-store.ts';
import { recordOf } from '../../fakes/records.ts';

const PLACE: KnownPlace = {
  kind: 'kubernetes',
  context: 'kind-lab',
  namespace: 'lab',
  server: 'https://10.0.0.1:6443',
};

let stateDir: string;

beforeEach(() => {
  stateDir = join(mkdtempSync(join(tmpdir(), 'ilab-places-')), 'state');
});
afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

function edit(sql: string): unknown {
  const file = new DatabaseSync(join(stateDir, 'journal.db'));
  try {
    return file.prepare(sql).all();
  } finally {
    file.close();
  }
}

test('a place is remembered for other programs, the last one counts, and it is forgotten', () => {
  const places = new KnownPlaces(stateDir);
  expect(places.find('weekly-1')).toBeUndefined();
  places.remember('weekly-1', PLACE);
  places.remember('weekly-2', { ...PLACE, kubeconfig: '/home/ada/lab.yaml' });
  expect(new KnownPlaces(stateDir).find('weekly-1')).toEqual(PLACE);
  places.remember('weekly-1', { ...PLACE, namespace: 'other' });
  expect(places.find('weekly-1')).toEqual({ ...PLACE, namespace: 'other' });
  places.forget('weekly-1');
  places.forget('weekly-1');
  expect(places.find('weekly-1')).toBeUndefined();
  expect(places.find('weekly-2')).toEqual({ ...PLACE, kubeconfig: '/home/ada/lab.yaml' });
});

test('stands beside the runs of the machine, in the same format of the file', async () => {
  const store = new SqliteRunStore(stateDir);
  await store.create(recordOf('weekly-1'), 'x');
  const before = edit('PRAGMA user_version');
  new KnownPlaces(stateDir).remember('weekly-9', PLACE);
  expect(edit('PRAGMA user_version')).toEqual(before);
  expect((await store.list()).map(({ record }) => record.name)).toEqual(['weekly-1']);
  store.close();
});

test('what is known already is not written again', () => {
  const places = new KnownPlaces(stateDir);
  places.remember('weekly-1', PLACE);
  edit("CREATE TRIGGER no_write BEFORE INSERT ON known_places BEGIN SELECT RAISE(ABORT, 'it wrote'); END");
  places.remember('weekly-1', PLACE);
  expect(() => places.remember('weekly-1', { ...PLACE, namespace: 'other' })).toThrow('it wrote');
});

test.each(['{', '{"kind":"of a newer program"}'])('what cannot be understood, %s, is not known', (text) => {
  const places = new KnownPlaces(stateDir);
  places.remember('weekly-1', PLACE);
  edit(`UPDATE known_places SET place = '${text}'`);
  expect(places.find('weekly-1')).toBeUndefined();
});
