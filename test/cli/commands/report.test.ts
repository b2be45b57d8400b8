import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../../../src/adapters/files/write-files.ts';
import { openOnDesktop } from '../../../src/adapters/machine/open-on-desktop.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { SourceFile } from '../../../src/domain/pipeline/source-file.ts';
import { playedWorld } from '../../fakes/played.ts';
import { succeeded } from '../../fakes/story.ts';
import { Terminal } from '../terminal.ts';

test('a file in a folder that is not there: nothing is made', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'report-')), 'nosuch', 'dir');
  const world = await playedWorld([{ name: 'one' }], () => succeeded());
  const context = new Terminal().context({ openDeps: async () => world.deps(), writeFiles });
  const words = ['report', 'weekly-1', '--file', join(folder, 'x.html')];
  await expect(runProgram(words, [], context)).rejects.toMatchObject({
    ...{ code: 'bad-usage', message: `there is no folder ${folder}` },
    hint: `make it, or name another: \`mkdir -p ${folder}\``,
  });
  expect(existsSync(dirname(folder))).toBe(false);
  rmSync(dirname(dirname(folder)), { recursive: true });
});

async function report(...words: readonly string[]) {
  const world = await playedWorld([{ name: 'one' }], () => succeeded());
  const terminal = new Terminal();
  const written: (SourceFile & { readonly folder: string })[] = [];
  const opened: string[] = [];
  const change: Partial<CliContext> = {
    openDeps: async () => world.deps(),
    writeFiles: async (folder, files) => {
      written.push(...files.map((file) => ({ folder, ...file })));
      return [];
    },
    openOnDesktop: async (file) => void opened.push(file),
  };
  const exitCode = await runProgram(['report', ...words], [], terminal.context(change));
  return { exitCode, stdout: terminal.stdout.text, written, opened };
}

test('a page goes to a file named after the run, whose path is printed; it is opened where that is asked for', async () => {
  const { exitCode, stdout, written, opened } = await report('weekly-1', '--open');
  expect({ exitCode, stdout, opened }).toEqual({
    ...{ exitCode: 0, stdout: 'weekly-1-report.html\n', opened: ['/project/weekly-1-report.html'] },
  });
  expect(written).toMatchObject([{ folder: '/project', path: 'weekly-1-report.html' }]);
  expect(written[0]?.text).toMatch(/^<!doctype html>/);
});

test.each([
  ['-o', 'md', /^# Run weekly-1\n/],
  ['--format', 'json', /^\{\n {2}"apiVersion"/],
] as const)('%s %s goes to stdout', async (flag, form, begin) => {
  const { stdout, written } = await report('weekly-1', flag, form);
  expect(stdout).toMatch(begin);
  expect(written).toEqual([]);
});

test('--file says where, and - is stdout', async () => {
  const { stdout, written } = await report('weekly-1', '-o', 'md', '--file', 'out/a.md');
  expect(stdout).toBe('out/a.md\n');
  expect(written).toMatchObject([{ folder: '/project/out', path: 'a.md' }]);
  expect((await report('weekly-1', '--file', '-')).stdout).toMatch(/^<!doctype html>/);
});

test('what cannot be is refused before anything is read', async () => {
  const many = Array.from({ length: 7 }, () => 'weekly-1');
  await expect(report(...many)).rejects.toMatchObject({ code: 'bad-usage', message: /at most 6/ });
  await expect(report('weekly-1', '-o', 'md', '--open')).rejects.toMatchObject({ code: 'bad-usage' });
});

test.each([
  [{ CI: 'true', DISPLAY: ':0' }, 'linux', /this is CI/],
  [{}, 'linux', /there is no desktop here/],
  [{ DISPLAY: ':0' }, 'aix', /nothing is known that opens files on aix/],
] as const)('nothing is opened without a desktop: %o on %s', async (env, platform, why) => {
  await expect(openOnDesktop('/a.html', env, platform)).rejects.toMatchObject({ code: 'cannot-start', message: why });
});
