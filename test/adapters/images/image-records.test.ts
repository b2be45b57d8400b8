import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createImageLoader } from '../../../src/adapters/images/image-loader.ts';
import { createImageRecords } from '../../../src/adapters/images/image-records.ts';
import { parseStoredImage } from '../../../src/adapters/images/stored-image.ts';
import type { ImageRecord } from '../../../src/domain/image/image-record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-records-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const RECORD: ImageRecord = {
  image: 'stages/train/mlx',
  reference: 'ilab-backend/train-mlx:src-0123456789ab',
  identity: 'sha256:01',
  built: { engine: 'buildah', id: 'abc', bytes: 5, at: '2026-01-01T00:00:00Z', base: 'python:1' },
  deliveries: [{ kind: 'load', to: 'kind', at: '2026-01-01T00:00:01Z' }],
};

test('what is written is read by whoever comes next, and nothing half-made stays', () => {
  createImageRecords(folder).write({ ...RECORD, deliveries: [] });
  createImageRecords(folder).write(RECORD);
  createImageRecords(folder).write({ ...RECORD, reference: 'ilab-backend/train-mlx:src-ffffffffffff' });
  expect(createImageRecords(folder).read(RECORD.reference)).toEqual(RECORD);
  expect(createImageRecords(folder).read('ilab-backend/train-mlx:src-000000000000')).toBeUndefined();
  expect(readdirSync(join(folder, 'images'))).toHaveLength(2);
});

test.each(['', '{', '{"version":2}'])('a record that says %j is told by its path', (text) => {
  mkdirSync(join(folder, 'images'));
  const path = join(folder, 'images', 'ilab-backend_train-mlx_src-0123456789ab.json');
  writeFileSync(path, text);
  expect(() => createImageRecords(folder).read(RECORD.reference)).toThrow(path);
});

test.each([
  ['podman, docker', '[{"Id":"sha256:abc","Size":2500000}]', { id: 'abc', bytes: 2_500_000 }],
  ['buildah', '[{"id":"abc","names":["x"],"size":"2.14 MB"}]', { id: 'abc', bytes: 2_140_000 }],
  ['buildah, bytes', '[{"id":"abc","size":"512 B"}]', { id: 'abc', bytes: 512 }],
  ['nothing', '[]', undefined],
  ['nothing at all', '', undefined],
] as const)('an image as %s describes it', (_, text, image) => expect(parseStoredImage(text)).toEqual(image));

test.each(['', 'kind:', 'archive', 'archive:', 'minikube', 'docker:x'])('images cannot be loaded into %j', (to) => {
  expect(() => createImageLoader(to, { cwd: folder, env: {} })).toThrow(/kind, kind:NAME or archive:DIR/);
});

test('an archive is looked for by the content tag, relative to where the person stands', () => {
  const loader = createImageLoader('archive:tars', { cwd: folder, env: {} });
  expect(loader.has(RECORD.reference)).toBe(false);
  mkdirSync(join(folder, 'tars'));
  writeFileSync(join(folder, 'tars', 'train-mlx-src-0123456789ab.tar'), '');
  expect(loader.has(RECORD.reference)).toBe(true);
});
