/*
 * Builds dist/. `scripts/with-node --build` calls it with the checksums of its inputs on stdin; they are written beside
 * the result and say next time that nothing has to be done.
 *
 * A program that runs meanwhile goes on: files are renamed into place, the entries last, and the chunks of older builds
 * stay for as long as a run may take to ask for one of them.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { stripVTControlCharacters } from 'node:util';
import { bundle } from './bundle.ts';
import { readStageNames } from './stage-names.ts';

const KEEP_OLD_CHUNKS_MS = 30 * 24 * 60 * 60 * 1000;
const LOCK_WAIT_MS = 120_000;

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');
const inputsFile = join(dist, '.inputs');
const outputsFile = join(dist, '.outputs');

async function main(): Promise<void> {
  const inputs = readFileSync(0, 'utf8');
  mkdirSync(dist, { recursive: true });
  const lock = takeLock();
  try {
    if (readIfThere(inputsFile) === inputs) return; // another build of the same sources ended while we waited
    const started = Date.now();
    console.error('Building dist/: some seconds ...');
    const files = await makeFiles();
    rmSync(inputsFile, { force: true }); // a build that dies half-way must not count as done
    const before = previousOutputs();
    for (const [name, content] of files) place(name, content);
    place('.outputs', [...files.keys()].join('\n'));
    removeOld(files, before);
    place('.inputs', inputs);
    console.error(`Built dist/ in ${Date.now() - started} ms`);
  } finally {
    lock.close();
  }
}

/** Held until closed or until this process ends, whatever ends it. */
function takeLock(): DatabaseSync {
  const lock = new DatabaseSync(join(dist, '.lock'), { timeout: LOCK_WAIT_MS });
  lock.exec('BEGIN EXCLUSIVE');
  return lock;
}

/** Names relative to dist/, in the order to write them: what is asked for by name comes after what it asks for. */
async function makeFiles(): Promise<ReadonlyMap<string, string>> {
  const files = (await bundle(root)).map(({ fileName, code }) => [fileName, code] as const);
  const stageNames = JSON.stringify(readStageNames(join(root, 'templates')));
  const isChunk = ([name]: readonly [string, unknown]): boolean => name.startsWith('chunks/');
  return new Map<string, string>([
    ...files.filter(isChunk),
    ['stage-names.json', stageNames],
    ...files.filter((file) => !isChunk(file)),
  ]);
}

function place(name: string, content: string): void {
  const path = join(dist, name);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

function previousOutputs(): ReadonlySet<string> {
  return new Set(readIfThere(outputsFile)?.split('\n'));
}

/** The files of the build before this one are old from now on; removes those that have been old for long enough. */
function removeOld(files: ReadonlyMap<string, unknown>, before: ReadonlySet<string>): void {
  const chunks = join(dist, 'chunks');
  if (!existsSync(chunks)) return;
  const now = new Date();
  for (const entry of readdirSync(chunks)) {
    const name = `chunks/${entry}`;
    if (files.has(name)) continue;
    const path = join(chunks, entry);
    if (before.has(name)) utimesSync(path, now, now);
    else if (now.getTime() - statSync(path).mtimeMs > KEEP_OLD_CHUNKS_MS) rmSync(path);
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(stripVTControlCharacters(error.message)); // with the place in the source; rolldown colours it always
  console.error('ilab-backend: dist/ was not built');
  process.exitCode = 1;
}
