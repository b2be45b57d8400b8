import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { openJournal } from '../../../src/adapters/stage/file-journal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const open = (run: string) => openJournal(join(folder, 'work/publication.jsonl'), run, systemClock);

test('what is noted outlives the process, for its own run', () => {
  open('a').note({ step: 'x', kind: 'asked', detail: 'create x' });
  expect(open('a').wasDone('x')).toBe(false);
  open('a').note({ step: 'x', kind: 'done' });
  expect([open('a').wasDone('x'), open('b').wasDone('x'), open('a').wasDone('y')]).toEqual([true, false, false]);
});

test('a line that a kill cut is passed over and takes no other one along', () => {
  const journal = open('a');
  journal.note({ step: 'x', kind: 'done' });
  appendFileSync(join(folder, 'work/publication.jsonl'), '{"run":"a","step":"y","kind":"do');
  const next = open('a');
  next.note({ step: 'z', kind: 'done' });
  expect(['x', 'y', 'z'].map((step) => open('a').wasDone(step))).toEqual([true, false, true]);
  expect(readFileSync(join(folder, 'work/publication.jsonl'), 'utf8').split('\n')).toHaveLength(4);
});

test('where no file can be kept it lasts as long as the process', () => {
  writeFileSync(join(folder, 'work'), 'no folder');
  const journal = open('a');
  journal.note({ step: 'x', kind: 'done' });
  expect([journal.wasDone('x'), open('a').wasDone('x')]).toEqual([true, false]);
});
