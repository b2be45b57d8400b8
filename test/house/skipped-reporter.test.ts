import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-skips-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'cluster'));
  const projects = ['fast', 'cluster'].map((name) => ({ test: { name, include: [`${name}*/**/*.test.mjs`] } }));
  const config = { test: { reporters: ['default', join(root, 'test/skipped-reporter.ts')], projects } };
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};\n`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function suite(name: string, source: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), `import { describe, test } from 'vitest';\n${source}\n`);
}

function vitest(env: Record<string, string>, ...args: readonly string[]) {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const { CI: _, ...surroundings } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [program, 'run', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...surroundings, NO_COLOR: '1', ...env },
  });
  return { status, skips: stdout.split('\n').filter((line) => line.startsWith('skipped: ')) };
}

test('every skipped test is named at the end, with its reason', () => {
  suite(
    'fast/a.test.mjs',
    "test('one', (c) => c.skip('needs tmux'));\ndescribe.skip('group', () => test('two', () => {}));",
  );
  suite('cluster/b.test.mjs', "test.skip('three', () => {});\ntest('four', () => {});");
  const { status, skips } = vitest({});
  expect(status).toBe(0);
  expect(skips.sort()).toEqual([
    'skipped: needs a cluster: cluster/b.test.mjs > three',
    'skipped: needs tmux: fast/a.test.mjs > one',
    'skipped: no reason given: fast/a.test.mjs > group > two',
  ]);
});

test('in CI no test may be skipped because a tool is missing', () => {
  suite('cluster/b.test.mjs', "test.skip('three', () => {});");
  expect(vitest({ CI: 'true' }).status).toBe(0);
  suite('fast/a.test.mjs', "test('one', (c) => c.skip('needs tmux'));");
  expect(vitest({ CI: 'true' }).status).toBe(1);
});

test('whoever chooses tests by name is not told of the others', () => {
  suite('fast/a.test.mjs', "test('one', () => {});\ntest('two', () => {});");
  expect(vitest({ CI: 'true' }, '-t', 'one')).toEqual({ status: 0, skips: [] });
});

test('data outside the clone may be missing in CI too', () => {
  suite('fast/a.test.mjs', "test('one', (c) => c.skip('needs ../shared/data'));");
  expect(vitest({ CI: 'true' })).toEqual({
    status: 0,
    skips: ['skipped: needs ../shared/data: fast/a.test.mjs > one'],
  });
});
