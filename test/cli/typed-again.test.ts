import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { afterAll, expect, test } from 'vitest';
import { readStageNames } from '../../scripts/stage-names.ts';
import { documentDigest, parseDocument } from '../../src/actions/plan/run-document.ts';
import { openProject } from '../../src/actions/project/open-project.ts';
import { typedAgain } from '../../src/actions/typed-again.ts';
import { diskSourceFiles } from '../../src/adapters/files/disk-source-files.ts';
import { runProgram, wholeProgram } from '../../src/cli/program.ts';
import { PLACE_OF_COMMAND } from '../../src/domain/typed-place.ts';
import { FakeWorld } from '../fakes/story.ts';
import { Terminal } from './terminal.ts';

/*
 * A command that is told to be typed again has what was typed for the run. Every flag of every command that plans or drives
 * stands in one of these tables: for a new one somebody decides.
 */

/** What is planned, several flags at a time: as they are typed, and as they are told. DIR is the folder that they were typed in. */
const AGAIN: readonly (readonly [typed: readonly string[], told: string])[][] = [
  [
    [['--project', 'other one'], "--project 'DIR/other one'"],
    [['--profile', 'big'], '--profile big'],
    [['-f', 'more.yaml', '--values=most.yaml'], "-f 'DIR/more.yaml' -f 'DIR/most.yaml'"],
    [['--set', "name=it's $me"], "--set 'name=it'\\''s $me'"],
    [['--set', 'data=./some data'], "--set 'data=DIR/some data'"],
    [['--only', 'count'], '--only count'],
    [['--input', 'text=some data'], "--input 'text=DIR/some data'"],
    [['--no-reuse=count'], '--no-reuse=count'],
    [['--require', "count=results.greet.metrics.lines >= 2.0 || 'a, b' == ''"], "--require 'count=results"],
    [['--stop-on', 'count=nan,stall'], '--stop-on count=nan,stall'],
    [['--target', 'kubernetes'], '--target kubernetes'],
  ],
  [
    [['--set', 'greet.times=3', '--set', 'greet.times=4'], '--set greet.times=3 --set greet.times=4'],
    [['--set', 'note=null'], '--set note=null'],
    [['--from', 'count'], '--only count'],
    [['--input', 'text=greet@first'], '--input count.text=greet@first'],
    [['--reuse', 'greet@first'], '--reuse greet@first'],
    [['--queue-timeout', '2m'], '--queue-timeout 120s'],
    [['--start-timeout', '2m'], '--start-timeout 120s'],
    [['--run-timeout', '2m'], '--run-timeout 120s'],
    [['--target', 'local'], '--target local'],
  ],
  [
    [['--until', 'greet'], '--only greet'],
    [['--no-reuse'], '--no-reuse'],
  ],
];
const TOLD_AGAIN = AGAIN.flat(2).flatMap((words) => (typeof words === 'string' ? [] : words.map(flagOf)));

function flagOf(word: string): string {
  return word === '-f' ? 'values' : word.replace(/^--([^=]+).*/, '$1');
}

/** Told with every command, as whoever looks at the run typed it: the run may be looked at from elsewhere. */
const PLACE = ['context', 'namespace', 'kubeconfig', 'state-dir'];
/** About this one time, not about what is made; the name is taken. `pipeline` stands behind the command. */
const ONCE = ['detach', 'on-interrupt', 'timeout', 'max-offline', 'output', 'name', 'dry-run', 'against', 'pipeline'];
/** Of `resume`, which plans nothing. */
const OF_RESUME = ['takeover', 'as-it-is', 'timeout-since'];

const { defaultPipeline, pipelines } = readStageNames('templates');
const stages = pipelines[defaultPipeline] ?? [];
const program = await wholeProgram(stages, new Terminal().context());
const long = (command: Command): readonly string[] =>
  command.options.map((option) => option.long?.replace(/^--/, '') ?? '').toSorted();
const commandOf = (path: string): Command =>
  path.split(' ').reduce<Command>((at, name) => at.commands.find((one) => one.name() === name) ?? at, program);

test.each(['run', 'plan', 'resume', ...stages])('of every flag of %s is decided whether it is told again', (name) => {
  const decided = [...TOLD_AGAIN, ...PLACE, ...ONCE, ...OF_RESUME];
  expect(long(commandOf(name)).filter((flag) => !decided.includes(flag))).toEqual([]);
});

test('the flags of a place are added to the commands that take them', () => {
  const places = ['--target', '--context', '-n', '--kubeconfig', '--state-dir', '--project'];
  for (const [name, taken] of Object.entries(PLACE_OF_COMMAND)) {
    const { options } = commandOf(name);
    const has = places.filter((flag) => options.some((option) => option.short === flag || option.long === flag));
    expect([name, taken.toSorted()]).toEqual([name, has.toSorted()]);
  }
});

const folder = mkdtempSync(join(tmpdir(), 'typed again-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const own of ['.', 'other one', 'pipelines/two', 'some data'])
  cpSync('templates/hello', join(folder, own), { recursive: true });
const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
const hello = readFileSync('templates/hello/pipeline.yaml', 'utf8')
  .replace('name: hello', 'name: two')
  .replace('    greet:\n', '    note: { type: string }\n    data: { type: string, x-source: {} }\n    greet:\n');
for (const own of ['.', 'other one']) {
  cpSync(join(folder, 'some data'), join(folder, own, 'pipelines/two'), { recursive: true });
  write(`${own}/pipelines/two/pipeline.yaml`, hello);
  cpSync('templates/hello/greet', join(folder, own, 'pipelines/two/profiles'), { recursive: true });
  rmSync(join(folder, own, 'pipelines/two/profiles/job.yaml'));
  write(
    `${own}/pipelines/two/profiles/big.yaml`,
    'apiVersion: ilab-backend.dev/v1alpha1\nkind: Profile\ntarget: local\n',
  );
  write(
    `${own}/ilab-backend.yaml`,
    `apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: two\nparams: { name: ${own.length}x, note: x }\n`,
  );
}
write('more.yaml', 'name: more\nnote: null\n');
write('most.yaml', 'greet: { times: 5 }\n');

/** The plan that is stored for what is typed. */
async function planned(words: readonly string[]) {
  const world = new FakeWorld([], () => undefined);
  let stored = '';
  const deps = {
    ...world.deps(),
    sources: { ...world.deps().sources, pin: async () => ({ kind: 'builtin' as const, name: 'x' }) },
    store: Object.assign(world.store, {
      // A run of that name is there, so the plan is not checked; that its plan is another ends the command.
      read: async () => ({ record: {}, version: '1' }),
      readSources: async () => stored,
      create: async (_: unknown, sources: string) => {
        stored = sources;
        throw new Error('stored');
      },
    }),
  };
  const context = new Terminal().context({
    ...{ cwd: folder, home: folder, packageRoot: resolve('.') },
    openProject: (request) => openProject(diskSourceFiles(), request),
    openDeps: async () => deps as never,
  });
  await expect(runProgram(['run', '--name', 'n', ...words], stages, context)).rejects.toThrow('stored');
  return parseDocument(stored, 'n');
}

test.each(AGAIN.map((flags) => [flags.flatMap(([typed]) => typed).join(' '), flags] as const))(
  'run %s',
  async (_, flags) => {
    const first = await planned(flags.flatMap(([typed]) => typed));
    const again = typedAgain(first);
    for (const [, told] of flags) expect(again).toContain(told.replaceAll('DIR', folder));
    const shell = again.replace('ilab-backend run', "printf '%s\\0'");
    const words = execFileSync('bash', ['-c', shell], { encoding: 'utf8' }).split('\0').slice(0, -1);
    expect(documentDigest(await planned(words))).toBe(documentDigest(first));
  },
);
