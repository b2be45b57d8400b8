import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plainResult, readResult } from '../../../src/adapters/process/supervisor/result-file.ts';
import { WorkspaceArtifacts } from '../../../src/adapters/process/workspace-artifacts.ts';
import { digestOfListing, formatListing } from '../../../src/domain/data/digest.ts';
import type { RunName, StageName } from '../../../src/domain/naming.ts';
import { sha256Bytes } from '../../fakes/digest-vectors.ts';

let workspace: string;
let folder: string;
const REF = { run: 'r' as RunName, stage: 's' as StageName, attempt: 1 };
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'results-'));
  folder = join(workspace, 'runs/r/s/1');
  put('text', 'hello\n');
  put('model/config.json', '{}');
  put('model/deep/weights', 'w'.repeat(10));
});
afterEach(() => rmSync(workspace, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const sha = (text: string): string => sha256Bytes(Buffer.from(text));
const TEXT = { name: 'text', path: 'text', digest: `sha256:${sha('hello\n')}`, size: 6 };
const MODEL_LISTING = formatListing([
  { path: 'config.json', size: 2, sha256: sha('{}') },
  { path: 'deep/weights', size: 10, sha256: sha('w'.repeat(10)) },
]);
const MODEL = { name: 'model', path: 'model', digest: digestOfListing(MODEL_LISTING), size: 12 };

function write(result: unknown): void {
  put('result.json', typeof result === 'string' ? result : JSON.stringify(result));
}

describe('a result', () => {
  test('is taken when it agrees with what lies there', () => {
    write({ version: 1, metrics: { loss: -0.5, rows: 3 }, artifacts: [TEXT, MODEL], chosen: 'epoch-2', extra: true });
    expect(readResult(folder, ['model'])).toEqual({
      kind: 'result',
      result: { version: 1, metrics: { loss: -0.5, rows: 3 }, artifacts: [TEXT, MODEL], chosen: 'epoch-2' },
    });
    // The listings that a later check needs are there, though this producer left none
    expect(readFileSync(join(folder, 'model.listing'), 'utf8')).toBe(MODEL_LISTING);
  });

  test('is absent when it was not written', () => {
    expect(readResult(folder, [])).toEqual({ kind: 'absent' });
  });

  const whole = { version: 1, metrics: {}, artifacts: [TEXT] };
  test.each<{ readonly result: unknown; readonly fault: string | RegExp }>([
    { result: '', fault: /^is no JSON: / },
    { result: '{"version":1', fault: /^is no JSON: / },
    { result: [], fault: 'is no JSON object' },
    { result: { ...whole, version: 2 }, fault: 'has version 2, not 1' },
    { result: { ...whole, metrics: [] }, fault: 'has no object "metrics"' },
    { result: { ...whole, metrics: { loss: null } }, fault: 'has a metric loss that is no number' },
    { result: '{"version":1,"metrics":{"loss":1e999},"artifacts":[]}', fault: 'has a metric loss that is no number' },
    { result: { ...whole, artifacts: {} }, fault: 'has no list "artifacts"' },
    { result: { ...whole, artifacts: [] }, fault: 'does not name text, which the pipeline wants' },
    { result: { ...whole, artifacts: [TEXT, TEXT] }, fault: 'names the artifact text twice' },
    { result: { ...whole, artifacts: [{ ...TEXT, name: '../x' }] }, fault: 'has an artifact 0 without a good name' },
    {
      result: { ...whole, artifacts: [{ ...TEXT, path: '/etc/hostname' }] },
      fault: 'gives text a path outside artifacts/',
    },
    {
      result: { ...whole, artifacts: [{ ...TEXT, path: 'model/../../x' }] },
      fault: 'gives text a path outside artifacts/',
    },
    {
      result: { ...whole, artifacts: [{ ...TEXT, path: 'gone' }] },
      fault: 'names text, but artifacts/gone does not exist',
    },
    { result: { ...whole, artifacts: [{ ...TEXT, digest: 'md5:0' }] }, fault: 'gives no sha256 for text' },
    { result: { ...whole, artifacts: [{ ...TEXT, size: '6' }] }, fault: 'gives no size for text' },
    { result: { ...whole, artifacts: [{ ...TEXT, size: 7 }] }, fault: 'says text has 7 bytes, but it has 6' },
    {
      result: { ...whole, artifacts: [{ ...TEXT, digest: MODEL.digest }] },
      fault: 'gives text another digest than its files have',
    },
    { result: { ...whole, chosen: 3 }, fault: 'has a "chosen" that is no text' },
  ])('is refused: $fault', ({ result, fault }) => {
    write(result);
    const reading = readResult(folder, ['text']);
    expect(reading).toMatchObject({
      kind: 'invalid',
      fault: typeof fault === 'string' ? fault : expect.stringMatching(fault),
    });
  });

  test('is refused when an artifact leads out by a link, or holds one', () => {
    symlinkSync('/etc', join(folder, 'etc'));
    write({ ...whole, artifacts: [{ ...TEXT, path: 'etc/hostname' }] });
    expect(readResult(folder, [])).toMatchObject({ kind: 'invalid' });
    symlinkSync('config.json', join(folder, 'model/link'));
    write({ ...whole, artifacts: [MODEL] });
    expect(readResult(folder, [])).toEqual({ kind: 'invalid', fault: '"link" is a link' });
  });

  test('is refused when the listing beside an artifact says something else', () => {
    put('model.listing', MODEL_LISTING.replace('10  deep/weights', '9  deep/weights'));
    write({ ...whole, artifacts: [MODEL] });
    expect(readResult(folder, [])).toEqual({
      kind: 'invalid',
      fault: 'does not agree with model.listing: deep/weights has 10 bytes, not 9',
    });
  });

  test('of a plain stage is everything it left', () => {
    rmSync(join(folder, 'model'), { recursive: true });
    const listing = formatListing([{ path: 'text', size: 6, sha256: sha('hello\n') }]);
    const artifact = { name: 'artifacts', path: '.', digest: digestOfListing(listing), size: 6 };
    expect(plainResult(folder)).toEqual({ kind: 'result', result: { version: 1, metrics: {}, artifacts: [artifact] } });
    expect(readFileSync(`${folder}.listing`, 'utf8')).toBe(listing);
  });
});

describe('artifacts of the workspace', () => {
  const artifacts = () => new WorkspaceArtifacts(workspace);
  const differences = (artifact: typeof MODEL, contents = false) => artifacts().verify(REF, artifact, { contents });

  test('lie where attempts leave them', () => {
    expect(artifacts().folder(REF)).toBe(folder);
  });

  test.each([true, false])('that are untouched have no difference (contents: %s)', async (contents) => {
    expect(await differences(MODEL, contents)).toEqual([]);
    put('model.listing', MODEL_LISTING);
    expect(await differences(MODEL, contents)).toEqual([]);
    expect(await differences(TEXT, contents)).toEqual([]);
    plainResult(folder);
    const all = plainResult(folder);
    const [whole] = all.kind === 'result' ? all.result.artifacts : [];
    expect(await differences(whole as typeof MODEL, contents)).toEqual([]);
  });

  test('tell what was added, removed, resized, and by contents what was rewritten', async () => {
    put('model.listing', MODEL_LISTING);
    put('model/new', '');
    put('model/config.json', '{"a":1}');
    rmSync(join(folder, 'model/deep/weights'));
    expect([...(await differences(MODEL))].sort()).toEqual([
      'config.json has 7 bytes, not 2',
      'deep/weights is missing',
      'new was added',
    ]);
    rmSync(join(folder, 'model/new'));
    put('model/config.json', '[]');
    put('model/deep/weights', 'w'.repeat(10));
    expect(await differences(MODEL)).toEqual([]);
    expect(await differences(MODEL, true)).toEqual(['config.json has other contents']);
  });

  test('tell a listing that was changed, and an artifact that is gone', async () => {
    put('model.listing', MODEL_LISTING.replace('config', 'konfig'));
    expect(await differences(MODEL)).toEqual(['model.listing changed']);
    rmSync(join(folder, 'model'), { recursive: true });
    expect(await differences(MODEL)).toEqual(['model is missing']);
  });
});
