import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takeLock } from '../../../src/adapters/sqlite/run-lock.ts';
import { addToRegistry, lockFolder } from '../../../src/adapters/stage/registry-folder.ts';
import { share, sharingOf } from '../../../src/adapters/stage/shared-folder.ts';

/** The modes of what a first publication makes in a registry of that mode, in octal. */
async function modes(mode: number): Promise<Readonly<Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [registry, made] = [join(folder, 'registry'), join(folder, 'made')];
  mkdirSync(registry);
  // Another group than that of the copied files, where that may be.
  if (process.getuid?.() === 0) chownSync(registry, 0, 65_534);
  chmodSync(registry, mode);
  mkdirSync(join(made, 'inside'), { recursive: true });
  writeFileSync(join(made, 'inside', 'model'), 'x', { mode: 0o600 });
  const lock = takeLock(lockFolder(registry), 'tiny', (path) => share(path, sharingOf(registry)));
  addToRegistry(registry, { model: 'acme/tiny', run: 'weekly', made, entry: '## weekly\n' });
  await lock?.release();
  const paths = [
    ...['acme', 'acme/tiny', 'acme/tiny/weekly', 'acme/tiny/weekly/inside', '.ilab-backend', '.ilab-backend/locks'],
    ...['acme/tiny/CHANGELOG.md', '.ilab-backend/locks/tiny.lock', 'acme/tiny/weekly/inside/model'],
  ];
  const { gid } = statSync(registry);
  if ((mode & 0o2000) !== 0)
    for (const path of paths) expect([path, statSync(join(registry, path)).gid]).toEqual([path, gid]);
  const modeOf = (path: string): string => (statSync(join(registry, path)).mode & 0o7777).toString(8);
  return Object.fromEntries(paths.map((path) => [path, modeOf(path)]));
}

test('what is made in a registry that a group shares is for the group, with its set-group-id bit', async () => {
  const found = Object.entries(await modes(0o2775));
  const [folders, files] = [found.slice(0, 6), found.slice(6)];
  for (const [path, mode] of folders) expect([path, mode.at(0), mode.at(-2)]).toEqual([path, '2', '7']);
  expect(files.map(([path, mode]) => [path, mode.at(-2)])).toEqual([
    ['acme/tiny/CHANGELOG.md', '6'],
    ['.ilab-backend/locks/tiny.lock', '6'],
    ['acme/tiny/weekly/inside/model', '4'],
  ]);
});

test('in one that nobody else may write to, the umask holds', async () => {
  const found = await modes(0o755);
  expect(found['.ilab-backend/locks/tiny.lock']).toBe((0o644 & ~process.umask()).toString(8));
  expect(found['acme/tiny/CHANGELOG.md']).toBe((0o666 & ~process.umask()).toString(8));
  expect(found['acme/tiny/weekly/inside/model']).toBe('600');
});
