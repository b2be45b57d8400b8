import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { completionScript, SHELLS } from '../../src/cli/completion/scripts.ts';
import type { CliContext, NamedRun, PlaceOptions } from '../../src/cli/context.ts';
import { runProgram } from '../../src/cli/program.ts';
import { UserError } from '../../src/domain/errors.ts';
import { Terminal } from './terminal.ts';

const STAGES = ['datagen', 'train'];
const CREATED = '2026-01-05T09:00:00.000Z';

function run(name: string, stages = STAGES): NamedRun {
  return { name, pipeline: 'instructlab', created: CREATED, stages };
}

const PARAMS = [
  { path: 'train.epochs', type: 'integer', required: false, title: 'Times through the rows' },
  { path: 'train.fast', type: 'boolean', required: false },
  { path: 'train.mode', type: 'string', required: false, enum: ['full', 'lora'] },
  { path: 'model', type: 'string', required: true, source: { builtin: ['tiny'] } },
] as const;

const SURROUNDINGS: Partial<CliContext> = {
  namedRuns: async ({ cluster }) => (cluster === undefined ? [run('week-2'), run('week-1', ['greet'])] : [run('far')]),
  listPipelines: async () => [
    { name: 'hello', folder: 'templates/hello' },
    { name: 'instructlab', folder: 'templates/instructlab' },
  ],
  outlinePipeline: async (_, name) => ({
    stages: name === 'hello' ? ['greet', 'count'] : STAGES,
    profiles: name === 'hello' ? [] : ['h100x4', 'local'],
    params: PARAMS,
    settings: [{ path: 'stages.train.engine', type: 'string', title: 'The program' }],
  }),
};

/** What the shell gets for the words behind the program's name: lines, the last one its kind. */
async function asked(words: readonly string[], change: Partial<CliContext> = {}): Promise<readonly string[]> {
  const terminal = new Terminal();
  const context = terminal.context({ ...SURROUNDINGS, ...change });
  expect(await runProgram(['__complete', '--', ...words], STAGES, context)).toBe(0);
  expect(terminal.stderr.text).toBe('');
  return terminal.stdout.text.trimEnd().split('\n');
}

/** Without what they mean. */
async function offered(typed: string, change: Partial<CliContext> = {}): Promise<readonly string[]> {
  return (await asked(typed.split(' '), change)).map((line) => line.split('\t')[0] ?? '');
}

// A busy machine is no place that does not answer.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['re', 'resume', 'report', 'render', ':words'],
  ['dat', 'datagen', ':words'],
  ['help wa', 'watch', 'wait', ':words'],
  ['help wait ', ':words'],
  ['nonsense ', ':words'],
  ['run h', 'hello', ':words'],
  ['run hello ', ':words'],
  ['images ', 'build', 'list', ':words'],
  ['images build tr', 'train', ':words'],
  ['images build --engine p', 'podman', ':words'],
  ['completion z', 'zsh', ':words'],
  ['run --no-r', '--no-reuse', ':words'],
  ['run -o ', 'json', 'plain', ':words'],
  ['run --output=', '--output=json', '--output=plain', ':words'],
  ['run --output json --outp', ':words'],
  ['run --set a=b --se', '--set', ':words'],
  ['run --set train.', 'train.epochs=', 'train.fast=', 'train.mode=', ':nospace'],
  ['run --set train.fast=', 'train.fast=true', 'train.fast=false', ':words'],
  ['run --set train.mode=l', 'train.mode=lora', ':words'],
  ['run --set=model=', '--set=model=tiny', ':words'],
  ['run --set train.epochs=', ':words'],
  ['run --profile ', 'h100x4', 'local', ':words'],
  ['run hello --profile ', ':words'],
  ['run hello --from ', 'greet', 'count', ':words'],
  ['datagen --pipeline hello --reuse ', 'greet@', 'count@', ':nospace'],
  ['run --only datagen,', 'datagen,train', ':nospace'],
  ['run --reuse tr', 'train@', ':nospace'],
  ['run --reuse train@', 'train@week-2', ':words'],
  ['run --require t', 'train=', ':nospace'],
  ['explain m', 'model', ':words'],
  ['explain hello train.f', 'train.fast', ':words'],
  ['run --project ', ':folders'],
  ['run -f ', ':files'],
  ['run --values=', ':files'],
  ['report --file ', ':files'],
  ['run --name ', ':words'],
  ['resume ', 'week-2', 'week-1', '@latest', ':words'],
  ['rm week-2 ', 'week-1', '@latest', ':words'],
  ['diff week-1 w', 'week-2', ':words'],
  ['logs week-1 ', 'greet', ':words'],
  ['logs -n team -f @latest ', 'datagen', 'train', ':words'],
  ['logs -nteam --tail 3 week-1 ', 'greet', ':words'],
  ['logs -- week-1 ', 'greet', ':words'],
  ['logs none ', ':words'],
  ['artifacts week-1 ', 'greet', 'greet/', ':nospace'],
  ['logs --context kind-kind ', 'far', '@latest', ':words'],
  ['logs --target kubernetes ', 'far', '@latest', ':words'],
  ['logs --target local ', 'week-2', 'week-1', '@latest', ':words'],
  ['-', '--version', '--help', ':words'],
  ['config view hello --pro', '--project', '--profile', ':words'],
])('%s', async (typed, ...wanted) => {
  expect(await offered(typed)).toEqual(wanted);
});

test('each comes with what it means', async () => {
  expect(await asked(['logs', 'week-2'])).toEqual(['week-2\tinstructlab, 2026-01-05T09:00', ':words']);
  expect(await asked(['run', '--set', 'train.e'])).toEqual(['train.epochs=\tTimes through the rows', ':nospace']);
});

test('the first word needs nothing of this machine, and no word is offered nothing', async () => {
  const nothing = Object.fromEntries(
    Object.keys(SURROUNDINGS).map((name) => [name, () => Promise.reject(new Error('not for this'))]),
  );
  expect(await offered('stat', nothing)).toEqual(['status', ':words']);
  expect((await asked([])).at(-1)).toBe(':words');
});

test('the place that was typed is looked at, `~` being home', async () => {
  const seen: PlaceOptions[] = [];
  const namedRuns: CliContext['namedRuns'] = async (options) => {
    seen.push(options);
    return [];
  };
  await offered('logs --state-dir ~/state --kubeconfig=~/k --context c -n team ', { namedRuns });
  expect(seen).toEqual([
    { stateDir: '/home/ada/state', cluster: { context: 'c', namespace: 'team', kubeconfig: '/home/ada/k' } },
  ]);
});

describe('what must not happen', () => {
  test.each([
    ['a fault', () => Promise.reject(new UserError('unreachable', 'the cluster is away'))],
    ['a bug', () => Promise.reject(new Error('bug'))],
  ])('%s is told nobody', async (_, namedRuns) => {
    expect(await offered('logs ', { namedRuns })).toEqual([':words']);
  });

  test('a place that does not answer is not waited for', async () => {
    const asking = Promise.withResolvers<void>();
    const namedRuns = (): Promise<never> => {
      asking.resolve();
      return new Promise(() => undefined);
    };
    const answer = offered('logs ', { namedRuns });
    await asking.promise;
    await vi.advanceTimersByTimeAsync(2000);
    expect(await answer).toEqual([':words']);
  });

  test('a name that a shell could read as more than a word is not offered, and no meaning steers a terminal', async () => {
    const names = ['$(touch pwned)', '`id`', 'a b', 'a\tb', "a'b", 'a;b', 'a\nb', '~', '\u001b[31m', 'fine'];
    const pipeline = `\u001b]0;title\u0007 ${'long '.repeat(50)}\n\u202e`;
    const lines = await asked(['logs', ''], {
      namedRuns: async () => names.map((name) => ({ ...run(name), pipeline })),
    });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^fine\t]0;title (long )+.*…$/);
    expect(lines.join('').replaceAll('\t', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

test.each(SHELLS)('the script of %s evaluates nothing', (shell) => {
  expect(completionScript(shell, '/opt/ilab/bin/ilab-backend.js')).not.toMatch(/\beval\b|Invoke-Expression|\biex\b/i);
});
